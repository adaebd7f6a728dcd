"""Scores of every method on the test part, with bootstrap intervals over utterances."""

from dataclasses import astuple, dataclass

import numpy as np

from otoscope.results import Bootstrap
from otoscope.results.bootstrap import interval, resample_weights
from otoscope.segmentation.boundaries import BoundaryCounts
from otoscope.typing import Array, Floats, Ints

COUNTS = ("reference", "predicted", "hits", "correct")
MEASURES = ("precision", "recall", "f1", "over_segmentation", "r_value")
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

    scores: Floats
    interval: Floats
    gain: Floats
    gain_interval: Floats


def compare(counts_umoc: Ints, bootstrap: Bootstrap | None = None) -> ComparisonScores:
    """Compute scores of pooled counts, and bootstrap intervals of the scores and of their differences.

    Args:
        counts_umoc: counts `[utterance, method, mode, count]`; the first mode is strict.
        bootstrap: how to resample utterances; a single utterance has no interval (NaN).

    Examples:
        >>> counts = np.array([[[[2, 2, 2, 2]]], [[[2, 2, 1, 1]]]])  # two utterances, one method, strict
        >>> compare(counts).scores[0, 0, :2].tolist()
        [0.75, 0.75]
    """
    shares = np.concatenate(list(resample_weights(len(counts_umoc), bootstrap or Bootstrap())))
    scores = scores_of(counts_umoc.sum(axis=0))
    resampled = scores_of(np.tensordot(shares, counts_umoc, axes=1))
    ends, gain_ends = (np.asarray(interval(array), dtype=np.float64) for array in (resampled, _gain(resampled)))
    if len(counts_umoc) == 1:
        ends, gain_ends = np.full_like(ends, np.nan), np.full_like(gain_ends, np.nan)
    return ComparisonScores(scores, ends, _gain(scores), gain_ends)


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
