"""Scores of every method on the test part, from counts, with bootstrap intervals over utterances."""

from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from otoscope.results import Bootstrap
from otoscope.results.bootstrap import interval, weights
from otoscope.segmentation.boundaries import BoundaryCounts

Floats = npt.NDArray[np.float64]
COUNTS = ("reference", "predicted", "found", "correct")
MEASURES = ("precision", "recall", "f1", "over_segmentation", "r_value")
STRICT, R_VALUE = 0, MEASURES.index("r_value")


@dataclass(frozen=True)
class ComparisonScores:
    """Scores [method, mode, measure] with intervals [..., bound]; R-values over the first method's [method]."""

    scores: Floats
    interval: Floats
    gain: Floats
    gain_interval: Floats


def compare(counts_umoc: npt.NDArray[np.int64], bootstrap: Bootstrap | None = None) -> ComparisonScores:
    """Scores of pooled counts, and how they and their differences move when utterances are drawn again.

    Args:
        counts_umoc: utterance, method, mode (strict first), count.
        bootstrap: how utterances are drawn; one utterance has no interval (NaN).

    Examples:
        >>> counts = np.array([[[[2, 2, 2, 2]]], [[[2, 2, 1, 1]]]])  # two utterances, one method, strict
        >>> compare(counts).scores[0, 0, :2].tolist()
        [0.75, 0.75]
    """
    shares = np.concatenate(list(weights(len(counts_umoc), bootstrap or Bootstrap())))
    drawn = np.tensordot(shares, counts_umoc, axes=1)
    scores, resampled = scores_of(counts_umoc.sum(axis=0)), scores_of(drawn)
    gain, drawn_gain = (each[..., STRICT, R_VALUE] - each[..., :1, STRICT, R_VALUE] for each in (scores, resampled))
    ends, gain_ends = (np.asarray(interval(each), dtype=np.float64) for each in (resampled, drawn_gain))
    known = 1.0 if len(counts_umoc) > 1 else np.nan
    return ComparisonScores(scores, known * ends, gain, known * gain_ends)


def scores_of(counts: npt.NDArray[Any]) -> Floats:
    """Scores [..., measure] of pooled counts [..., count]; they may be shares of counts.

    >>> scores_of(np.array([4, 5, 3, 3])).round(3).tolist()
    [0.6, 0.75, 0.667, 0.25, 0.646]
    """
    rows = [astuple(BoundaryCounts(*row).scores()) for row in counts.reshape(-1, len(COUNTS)).tolist()]
    return np.array(rows).reshape(*counts.shape[:-1], len(MEASURES))
