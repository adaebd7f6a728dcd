"""Phone boundaries from attention: detect, tune on some speakers, and compare with baselines on others.

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
from otoscope.segmentation.detector import detect_boundaries, label_rows
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
