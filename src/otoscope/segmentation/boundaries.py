"""Scores of phone boundaries: precision, recall, F1, over-segmentation and R-value, strict or lenient.

Räsänen, Laine & Altosaar, An improved speech segmentation quality measure: the R-value, Interspeech 2009.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError

Floats = npt.NDArray[np.float64]

ROUNDING = 1e-6
"""Seconds by which a boundary exactly at the tolerance or at a midpoint may miss it: times are sums of decimals."""


@dataclass(frozen=True)
class BoundaryCounts:
    """What one utterance or, added up, a corpus holds: `a + b` and `sum(counts, BoundaryCounts())` pool utterances.

    `found` of the `reference` boundaries were found, and `correct` of the `predicted` ones are right. In strict
    counting the two are one number; in lenient counting a prediction may find several references, and several one.
    Strict and lenient counts measure different things: never add one to the other.

    Examples:
        >>> total = BoundaryCounts(reference=4, predicted=5, found=3, correct=3) + BoundaryCounts(1, 0, 0, 0)
        >>> total, total.scores().recall
        (BoundaryCounts(reference=5, predicted=5, found=3, correct=3), 0.6)
    """

    reference: int = 0
    predicted: int = 0
    found: int = 0
    correct: int = 0

    def __add__(self, other: "BoundaryCounts") -> "BoundaryCounts":
        """Counts of both together."""
        return BoundaryCounts(
            self.reference + other.reference,
            self.predicted + other.predicted,
            self.found + other.found,
            self.correct + other.correct,
        )

    def scores(self) -> "BoundaryScores":
        """The scores of these counts; a share of nothing is NaN."""
        precision, recall = _share(self.correct, self.predicted), _share(self.found, self.reference)
        over_segmentation = self._over_segmentation()
        return BoundaryScores(precision, recall, self._f1(), over_segmentation, _r_value(recall, over_segmentation))

    def _f1(self) -> float:
        """`2 P R / (P + R)`, which is 0 as soon as there is a boundary and no hit."""
        if not self.found:
            return _share(0, self.reference + self.predicted)
        precision, recall = self.correct / self.predicted, self.found / self.reference
        return 2 * precision * recall / (precision + recall)

    def _over_segmentation(self) -> float:
        """`recall / precision - 1`; its limit without a hit is predicted over reference boundaries."""
        found_per_correct = self.found / self.correct if self.correct else 1.0
        return found_per_correct * _share(self.predicted, self.reference) - 1


@dataclass(frozen=True)
class BoundaryScores:
    """Scores of a segmentation; 1 is perfect for all but `over_segmentation`, where 0 is (0.1: a tenth too many).

    Precision without predictions, recall without references, and what depends on them, are NaN.
    """

    precision: float
    recall: float
    f1: float
    over_segmentation: float
    r_value: float


def inner_boundaries(spans: Iterable[tuple[float, float]]) -> Floats:
    """Reference boundaries [n] in seconds from labels (start, end): every start and end but the outermost two.

    Neighbours that touch share one boundary; a gap between labels has two.

    Examples:
        >>> inner_boundaries([(0.0, 0.2), (0.2, 0.5), (0.7, 1.0)]).tolist()
        [0.2, 0.5, 0.7]
    """
    times = np.sort(np.asarray([time for span in spans for time in span], dtype=np.float64))[1:-1]
    return times[np.diff(times, prepend=-np.inf) > ROUNDING]


def score_boundaries(
    reference: npt.ArrayLike, predicted: npt.ArrayLike, tolerance: float = 0.020, strict: bool = True
) -> BoundaryScores:
    """Score predicted boundaries of one utterance against reference boundaries.

    To score a corpus, add the results of `count_boundaries` over its utterances and call `scores()` on the sum.

    Args:
        reference: times `[n]` in seconds, ascending, usually without the start and the end of the audio.
        predicted: times `[m]` in seconds, ascending.
        tolerance: a prediction counts if it is at most so many seconds away from a reference.
        strict: count as Räsänen et al. (2009): the search region of each reference ends at the midpoints to its
            neighbours and holds one hit at most. A prediction at a midpoint counts for the earlier reference. Otherwise
            count leniently: one prediction may serve several references, so scores are higher.

    Returns:
        Precision, recall, F1, over-segmentation and R-value; NaN for a share of nothing.

    Raises:
        InputError: times are not one row of finite, ascending, different numbers, or the tolerance is not above zero.

    Examples:
        >>> score_boundaries([0.10, 0.20, 0.30], [0.11, 0.19, 0.25, 0.32])
        BoundaryScores(precision=0.75, recall=1.0, f1=0.857..., over_segmentation=0.333..., r_value=0.715...)
        >>> score_boundaries([0.10, 0.13], [0.115]).recall, score_boundaries([0.10, 0.13], [0.115], strict=False).recall
        (0.5, 1.0)
    """
    return count_boundaries(reference, predicted, tolerance, strict).scores()


def count_boundaries(
    reference: npt.ArrayLike, predicted: npt.ArrayLike, tolerance: float = 0.020, strict: bool = True
) -> BoundaryCounts:
    """The counts behind `score_boundaries`, with the same arguments; counts of several utterances add.

    Raises:
        InputError: as `score_boundaries` does.

    Examples:
        >>> count_boundaries([0.10, 0.13], [0.115])
        BoundaryCounts(reference=2, predicted=1, found=1, correct=1)
    """
    if not (math.isfinite(tolerance) and tolerance > 0):
        raise InputError(f"expected a tolerance above 0 seconds, got {tolerance}; 0.020 is customary")
    reference, predicted = _times(reference, "reference"), _times(predicted, "predicted")
    near = _strictly_near if strict else _near
    found, correct = near(reference, predicted, tolerance + ROUNDING) if len(reference) and len(predicted) else (0, 0)
    return BoundaryCounts(len(reference), len(predicted), found, correct)


def _strictly_near(reference: Floats, predicted: Floats, tolerance: float) -> tuple[int, int]:
    """References with a prediction in their own region, twice: each of them makes one prediction correct."""
    midpoints = (reference[:-1] + reference[1:]) / 2
    own = np.searchsorted(midpoints + ROUNDING, predicted)
    found = len(np.unique(own[np.abs(predicted - reference[own]) <= tolerance]))
    return found, found


def _near(reference: Floats, predicted: Floats, tolerance: float) -> tuple[int, int]:
    """References with any prediction near, and predictions with any reference near."""
    return _count_near(reference, predicted, tolerance), _count_near(predicted, reference, tolerance)


def _count_near(times: Floats, others: Floats, tolerance: float) -> int:
    """How many of `times` have one of `others` within the tolerance."""
    first = np.searchsorted(others, times - tolerance, side="left")
    behind = np.searchsorted(others, times + tolerance, side="right")
    return int(np.count_nonzero(behind > first))


def _times(given: npt.ArrayLike, what: str) -> Floats:
    times = np.asarray(given, dtype=np.float64)
    if times.ndim != 1 or not np.isfinite(times).all():
        raise InputError(f"expected {what} boundaries as one row of finite times in seconds, got {times!r}")
    if not (np.diff(times) > 0).all():
        at = int(np.argmax(np.diff(times) <= 0))
        raise InputError(
            f"expected {what} boundaries in ascending order and each time once, "
            f"got {times[at]:g} s before {times[at + 1]:g} s; sort them"
        )
    return times


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _r_value(recall: float, over_segmentation: float) -> float:
    r1 = math.hypot(1 - recall, over_segmentation)
    r2 = (-over_segmentation + recall - 1) / math.sqrt(2)
    return 1 - (abs(r1) + abs(r2)) / 2
