"""Phone boundaries from attention: detect, tune on some speakers, and compare with baselines on others.

A phone boundary is the time at which one speech sound ends and the next one starts. Frames inside one phone attend
alike, so the rows of an attention map change at boundaries. The formulas are in `docs/method.md`, section "Phone
boundaries from a map"; the words are in `docs/glossary.md`. Read the modules in this order:

1. `reference`: the algorithm, step by step on whole matrices. `kernel_gram` and `detector` compute the same, fast, in
   tiles; `ensemble` adds the scores of several heads.
2. `boundaries`: scores of predicted boundaries.
3. `split`: a validation part to tune on, and a test part to report on. `tuning`: the best alpha and beta of a
   validation part.
4. `feature_methods`: a `Method` computes the frames in which the detector searches, for example the rows of a head
   (`spectral` has MFCC). `compared_methods`: a row of the comparison is a method with its alpha and beta, a voting, or
   a naive baseline (`baselines`).
5. `search`: tunes every head of a model and chooses the best (`grid_scores` and `grid_counts` make it fast).
   `comparison`: scores with intervals, by each of the `protocols`.
6. `voters`: a `Voting` adds the scores of voters over parts of a frame (`shifted_features`, `score_sum`).
   `voting_sums` reads recordings of any length; `voter_tuning` tunes single voters, `voting_search` sums of them, and
   `voting_weights` learns their weights.
7. `transitions` counts errors by phone classes. `dataset`, `example`, `marks` and `table` describe the result.
   `segment`: the command, which calls all of these.
8. `segmenter`: tuned votings as an object and a file. `prediction`: the command `boundaries`, whose files
   `boundary_files` writes.

The names in `__all__` import no torch. The command `otoscope.segment` loads models; its module is
`segmentation.segment`.
"""

from otoscope.segmentation.boundaries import (
    BoundaryCounts,
    BoundaryScores,
    count_boundaries,
    inner_boundaries,
    score_boundaries,
)
from otoscope.segmentation.kernel_gram_detector import detect_boundaries, label_rows
from otoscope.segmentation.tuning import LabelledFeatures, TunedParameters, tune

__all__ = [
    "BoundaryCounts",
    "BoundaryScores",
    "LabelledFeatures",
    "TunedParameters",
    "count_boundaries",
    "detect_boundaries",
    "inner_boundaries",
    "label_rows",
    "score_boundaries",
    "tune",
]
