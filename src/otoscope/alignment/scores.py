"""Scores of word times against labels, with intervals over speakers."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from otoscope.results.intervals import LOGIT, estimate, interval, ratio

TOLERANCES_MS = (20, 50, 100, 200)
LIMITS = np.array(TOLERANCES_MS) / 1000 + 1e-9
"""The tolerances in seconds, with what rounding may add."""


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
    shares, bounds = rates_within(distance[:, None] <= LIMITS, np.ones(len(errors)), speakers)
    return TimeScore(
        method,
        side,
        shares,
        bounds,
        float(1000 * distance.mean()),
        float(1000 * np.median(distance)),
        float(1000 * np.median(errors)),
        len(errors),
    )


def rates_within(
    right_xt: np.ndarray, total_x: np.ndarray, speakers: Sequence[str]
) -> tuple[tuple[float, ...], tuple[float, float]]:
    """Return the sum of what is right within each tolerance over the sum of all, and the interval of that at 50 ms.

    Args:
        right_xt: number that is right of each item, such as a word or a text, within each tolerance.
        total_x: number of all in each item.
        speakers: speaker of each item, over whom the interval is.
    """
    _, fold = np.unique(np.asarray(speakers), return_inverse=True)
    right, total = np.zeros((fold.max() + 1, len(LIMITS))), np.bincount(fold, total_x).astype(float)
    np.add.at(right, fold, right_xt)
    rates = estimate(ratio, "speaker", right, total)
    low, high = interval(rates, LOGIT)[TOLERANCES_MS.index(50)]
    return tuple(map(float, rates.value)), (float(low), float(high))


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
