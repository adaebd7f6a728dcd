"""Scores of every method on the test part, with intervals over clusters: the speakers where they are known."""

from dataclasses import astuple, dataclass

import numpy as np

from otoscope.results.intervals import LOGIT, apply, estimate, interval
from otoscope.segmentation.boundaries import BoundaryCounts
from otoscope.statistics.clusters import Clusters, group_sums
from otoscope.typing import AnyFloats, Array, Floats, Ints

COUNTS = ("reference", "predicted", "hits", "correct")
MEASURES = ("precision", "recall", "f1", "over_segmentation", "r_value")
SHARES = np.array([name in ("precision", "recall", "f1") for name in MEASURES])
STRICT, R_VALUE = 0, MEASURES.index("r_value")


@dataclass(frozen=True)
class ComparisonScores:
    """Scores of all methods.

    Attributes:
        scores: `[method, mode, measure]`.
        interval: 95 % intervals of the scores, `[method, mode, measure, bound]`.
        gain: strict R-value minus that of the first method, `[method]`.
        gain_interval: 95 % intervals of the gain, `[method, bound]`.
    """

    scores: AnyFloats
    interval: AnyFloats
    gain: AnyFloats
    gain_interval: AnyFloats


def compare(counts_umoc: Ints, clusters: Clusters) -> ComparisonScores:
    """Compute scores of pooled counts, and intervals of the scores and of their paired differences.

    Args:
        counts_umoc: counts `[utterance, method, mode, count]`; the first mode is strict.
        clusters: cluster of each utterance; a single cluster has no interval (NaN).

    Examples:
        >>> from otoscope.statistics.clusters import make_clusters
        >>> counts = np.array([[[[2, 2, 2, 2]]], [[[2, 2, 1, 1]]]])  # two utterances, one method, strict
        >>> compare(counts, make_clusters(["a", "b"], ["u0", "u1"])).scores[0, 0, :2].tolist()
        [0.75, 0.75]
    """
    scores = estimate(scores_of, clusters.key, group_sums(counts_umoc, clusters))
    gain = apply(_gain, scores)
    ends = np.where(SHARES[:, None], interval(scores, LOGIT), interval(scores))
    return ComparisonScores(scores.value, ends, gain.value, interval(gain))


def _gain(scores: Floats) -> Floats:
    """Return the strict R-value minus that of the first method, `[..., method]`."""
    r_value = scores[..., STRICT, R_VALUE]
    gain: Floats = r_value - r_value[..., :1]
    return gain


def scores_of(counts: Array) -> Floats:
    """Return the scores `[..., measure]` of pooled counts `[..., count]`, which may be fractions.

    >>> scores_of(np.array([4, 5, 3, 3])).round(3).tolist()
    [0.6, 0.75, 0.667, 0.25, 0.646]
    """
    rows = [astuple(BoundaryCounts(*row).scores()) for row in counts.reshape(-1, len(COUNTS)).tolist()]
    return np.array(rows).reshape(*counts.shape[:-1], len(MEASURES))
