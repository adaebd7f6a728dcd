"""Scores of phone boundaries: precision, recall, F1, over-segmentation and R-value, strict or lenient.

Räsänen, Laine & Altosaar, An improved speech segmentation quality measure: the R-value, Interspeech 2009.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.typing import Floats, Ints

ROUNDING = 1e-6
"""Seconds added to the tolerance and to midpoints, because sums of decimals have rounding errors."""


@dataclass(frozen=True)
class BoundaryCounts:
    """Counts of boundaries of one utterance; `a + b` and `sum(counts, BoundaryCounts())` pool several utterances.

    In strict counting `hits` equals `correct`. In lenient counting one prediction may match several references, and
    one reference several predictions. Strict and lenient counts measure different things: do not add them.

    Attributes:
        reference: number of reference boundaries.
        predicted: number of predicted boundaries.
        hits: number of reference boundaries that a prediction matches; their share is the recall.
        correct: number of predicted boundaries that match a reference.

    Examples:
        >>> total = BoundaryCounts(reference=4, predicted=5, hits=3, correct=3) + BoundaryCounts(1, 0, 0, 0)
        >>> total, total.scores().recall
        (BoundaryCounts(reference=5, predicted=5, hits=3, correct=3), 0.6)
    """

    reference: int = 0
    predicted: int = 0
    hits: int = 0
    correct: int = 0

    def __add__(self, other: "BoundaryCounts") -> "BoundaryCounts":
        """Return the sums of the counts."""
        return BoundaryCounts(
            self.reference + other.reference,
            self.predicted + other.predicted,
            self.hits + other.hits,
            self.correct + other.correct,
        )

    def scores(self) -> "BoundaryScores":
        """Return the scores of these counts; a ratio with denominator 0 is NaN."""
        precision, recall = _share(self.correct, self.predicted), _share(self.hits, self.reference)
        over_segmentation = self._over_segmentation()
        return BoundaryScores(precision, recall, self._f1(), over_segmentation, _r_value(recall, over_segmentation))

    def _f1(self) -> float:
        """Return `2 P R / (P + R)`; 0 if there are boundaries and none matches."""
        if not self.hits:
            return _share(0, self.reference + self.predicted)
        precision, recall = self.correct / self.predicted, self.hits / self.reference
        return 2 * precision * recall / (precision + recall)

    def _over_segmentation(self) -> float:
        """Return `recall / precision - 1`; without a match, its limit `predicted / reference - 1`."""
        hits_per_correct = self.hits / self.correct if self.correct else 1.0
        return hits_per_correct * _share(self.predicted, self.reference) - 1


@dataclass(frozen=True)
class BoundaryScores:
    """Scores of a segmentation.

    A perfect segmentation has over-segmentation 0 and all other scores 1. Precision without predictions and recall
    without references are NaN, and so are the scores that depend on them.

    Attributes:
        precision: share of the predicted boundaries that match a reference.
        recall: share of the reference boundaries that a prediction matches.
        f1: harmonic mean of precision and recall.
        over_segmentation: recall / precision - 1; 0.1 means ten percent too many boundaries.
        r_value: R-value of Räsänen et al. (2009).

    Examples:
        >>> score_boundaries([0.1, 0.2], [0.1]).recall
        0.5
    """

    precision: float
    recall: float
    f1: float
    over_segmentation: float
    r_value: float


def inner_boundaries(spans: Iterable[tuple[float, float]]) -> Floats:
    """Return the reference boundaries `[n]` in seconds: every start and end of a label, without the outermost two.

    Labels that touch share one boundary; a gap between labels has two.

    Args:
        spans: start and end of each label in seconds.

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
        tolerance: largest distance in seconds between a prediction and the reference that it matches.
        strict: whether to count as Räsänen et al. (2009): the search region of each reference ends at the midpoints to
            its neighbours and has at most one match. A prediction at a midpoint belongs to the earlier reference.
            Lenient counting lets one prediction match several references, so its scores are higher.

    Returns:
        Precision, recall, F1, over-segmentation and R-value; NaN for a ratio with denominator 0.

    Raises:
        InputError: times are not `[n]`, finite, ascending and different, or the tolerance is not above zero.

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
    """Count the boundaries of one utterance from which `score_boundaries` computes its scores.

    Args:
        reference: times `[n]` in seconds, ascending.
        predicted: times `[m]` in seconds, ascending.
        tolerance: largest distance in seconds between a prediction and the reference that it matches.
        strict: whether to count as Räsänen et al. (2009); see `score_boundaries`.

    Returns:
        Counts of the utterance; add those of several utterances.

    Raises:
        InputError: times are not `[n]`, finite, ascending and different, or the tolerance is not above zero.

    Examples:
        >>> count_boundaries([0.10, 0.13], [0.115])
        BoundaryCounts(reference=2, predicted=1, hits=1, correct=1)
    """
    if not (math.isfinite(tolerance) and tolerance > 0):
        raise InputError(f"expected a tolerance above 0 seconds, got {tolerance}; use 0.020, the usual value")
    reference, predicted = _times(reference, "reference"), _times(predicted, "predicted")
    if not (len(reference) and len(predicted)):
        return BoundaryCounts(len(reference), len(predicted), 0, 0)
    count = _strict_matches if strict else _lenient_matches
    return BoundaryCounts(len(reference), len(predicted), *count(reference, predicted, tolerance + ROUNDING))


def match_distances(reference: npt.ArrayLike, predicted: npt.ArrayLike, tolerance: float = 0.020) -> Floats:
    """Return the distance `[hits]` in seconds from each reference that strict counting finds to its nearest prediction.

    Args:
        reference: times `[n]` in seconds, ascending.
        predicted: times `[m]` in seconds, ascending.
        tolerance: largest distance in seconds.

    Raises:
        InputError: as `count_boundaries`.

    Examples:
        >>> match_distances([0.10, 0.20, 0.30], [0.11, 0.19, 0.25, 0.32]).round(3).tolist()
        [0.01, 0.01, 0.02]
    """
    reference, predicted = _times(reference, "reference"), _times(predicted, "predicted")
    if not (len(reference) and len(predicted)):
        return np.zeros(0)
    region = np.searchsorted((reference[:-1] + reference[1:]) / 2 + ROUNDING, predicted)
    distance = np.abs(predicted - reference[region])
    nearest = np.full(len(reference), np.inf)
    np.minimum.at(nearest, region, distance)
    return nearest[nearest <= tolerance + ROUNDING]


def nearest_distances(reference: Floats, predicted: Floats) -> Floats:
    """Return the distance `[m]` in seconds from each prediction to the nearest reference; NaN without a reference.

    >>> nearest_distances(np.array([0.1, 0.2]), np.array([0.11, 0.16, 0.5])).round(3).tolist()
    [0.01, 0.04, 0.3]
    """
    if not len(reference):
        return np.full(len(predicted), np.nan)
    region = np.searchsorted((reference[:-1] + reference[1:]) / 2, predicted)
    return np.abs(predicted - reference[region])


def strict_matches(reference: Floats, predicted: Floats, tolerance: float = 0.020) -> Ints:
    """Return the number of the reference that each prediction `[m]` matches in strict counting; -1 for a false one.

    Of several predictions for one reference, the nearest matches.

    >>> strict_matches(np.array([0.1, 0.2]), np.array([0.09, 0.105, 0.16, 0.21])).tolist()
    [-1, 0, -1, 1]
    """
    matches = np.full(len(predicted), -1, dtype=np.int64)
    if not len(reference):
        return matches
    region = np.searchsorted((reference[:-1] + reference[1:]) / 2 + ROUNDING, predicted)
    distance = np.abs(predicted - reference[region])
    for prediction in np.argsort(-distance, kind="stable"):
        if distance[prediction] <= tolerance + ROUNDING:
            matches[matches == region[prediction]] = -1
            matches[prediction] = region[prediction]
    return matches


def _strict_matches(reference: Floats, predicted: Floats, tolerance: float) -> tuple[int, int]:
    """Count the references with a prediction in their own region; return the number for both sides of the match."""
    midpoints = (reference[:-1] + reference[1:]) / 2
    region = np.searchsorted(midpoints + ROUNDING, predicted)
    matches = len(np.unique(region[np.abs(predicted - reference[region]) <= tolerance]))
    return matches, matches


def _lenient_matches(reference: Floats, predicted: Floats, tolerance: float) -> tuple[int, int]:
    """Count the references near any prediction, and the predictions near any reference."""
    return _count_near(reference, predicted, tolerance), _count_near(predicted, reference, tolerance)


def _count_near(times: Floats, others: Floats, tolerance: float) -> int:
    """Count the `times` that have any of `others` within the tolerance."""
    start = np.searchsorted(others, times - tolerance, side="left")
    stop = np.searchsorted(others, times + tolerance, side="right")
    return int(np.count_nonzero(stop > start))


def _times(values: npt.ArrayLike, name: str) -> Floats:
    """Return boundaries as an array `[n]`; refuse values that are no ascending times."""
    times = np.asarray(values, dtype=np.float64)
    if times.ndim != 1 or not np.isfinite(times).all():
        raise InputError(
            f"expected {name} boundaries as one row of finite times in seconds, got {times!r}; pass an array [n]"
        )
    if not (np.diff(times) > 0).all():
        place = int(np.argmax(np.diff(times) <= 0))
        raise InputError(
            f"expected {name} boundaries in ascending order and each time once, "
            f"got {times[place]:g} s before {times[place + 1]:g} s; sort them and remove duplicates"
        )
    return times


def _share(part: float, total: float) -> float:
    return part / total if total else math.nan


def _r_value(recall: float, over_segmentation: float) -> float:
    r1 = math.hypot(1 - recall, over_segmentation)
    r2 = (-over_segmentation + recall - 1) / math.sqrt(2)
    return 1 - (abs(r1) + abs(r2)) / 2
