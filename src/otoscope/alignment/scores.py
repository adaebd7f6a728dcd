"""Scores of word times against labels, with intervals over speakers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from otoscope.results.intervals import LOGIT, estimate, interval, ratio

TOLERANCES_MS = (20, 50, 100, 200)
ROUNDING_SECONDS = 1e-9


@dataclass(frozen=True)
class TimeScore:
    """How well one method finds one side of words.

    Attributes:
        method: what found the times.
        side: start or end.
        within: share of words within 20, 50, 100 and 200 ms.
        interval: 95 % interval of the share within 50 ms, over speakers; NaN with one speaker.
        mean_ms, median_ms: mean and median absolute error.
        lag_ms: median error; positive if late.
        count: number of words.
    """

    method: str
    side: str
    within: tuple[float, ...]
    interval: tuple[float, float]
    mean_ms: float
    median_ms: float
    lag_ms: float
    count: int


def score_times(method: str, side: str, errors: np.ndarray, speakers: Sequence[str]) -> TimeScore:
    """Return the scores of some errors in seconds, with the speaker of each word.

    Examples:
        >>> score_times("aligner", "end", np.array([0.01, -0.03, 0.3]), ["a", "a", "b"]).within
        (0.3333333333333333, 0.6666666666666666, 0.6666666666666666, 0.6666666666666666)
    """
    distance = np.abs(errors)
    right = distance <= 0.05 + ROUNDING_SECONDS
    _, fold = np.unique(np.asarray(speakers), return_inverse=True)
    share = estimate(ratio, "speaker", np.bincount(fold, right).astype(float), np.bincount(fold).astype(float))
    low, high = interval(share, LOGIT)
    return TimeScore(
        method,
        side,
        tuple(float(np.mean(distance <= tolerance / 1000 + ROUNDING_SECONDS)) for tolerance in TOLERANCES_MS),
        (float(low), float(high)),
        float(1000 * distance.mean()),
        float(1000 * np.median(distance)),
        float(1000 * np.median(errors)),
        len(errors),
    )


def score_table(scores: Sequence[TimeScore]) -> str:
    """Return the scores as a table of text."""
    width = max(len(score.method) for score in scores)
    head = f"{'method':<{width}}  side   20 ms  50 ms (95 % interval)  100 ms  200 ms  mean ms  median ms  lag ms"
    return "\n".join([head, *(_row(score, width) for score in scores)])


def _row(score: TimeScore, width: int) -> str:
    share = [f"{value:.3f}" for value in score.within]
    interval = f"({score.interval[0]:.3f} to {score.interval[1]:.3f})"
    return (
        f"{score.method:<{width}}  {score.side:<5}  {share[0]}  {share[1]} {interval}  {share[2]}   {share[3]}   "
        f"{score.mean_ms:7.1f}  {score.median_ms:9.1f}  {score.lag_ms:6.1f}"
    )


def score_records(scores: Sequence[TimeScore]) -> list[dict[str, Any]]:
    """Return the scores as values for JSON."""
    return [finite_interval(score) for score in scores]


def finite_interval(score: Any) -> dict[str, Any]:
    """Return the fields of a score; numbers that are undefined are None."""
    fields = asdict(score)
    defined = {name: value if np.isfinite(value) else None for name, value in fields.items() if type(value) is float}
    is_defined = np.isfinite(score.interval).all()
    return {**fields, **defined, "interval": score.interval if is_defined else (None, None)}
