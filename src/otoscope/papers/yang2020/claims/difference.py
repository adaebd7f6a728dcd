"""A difference between two values with its confidence interval, and the choice among several differences."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otoscope.results.intervals import IDENTITY, Estimate, Scale, interval
from otoscope.results.verdict import Verdict, verdict_of_interval


@dataclass(frozen=True)
class Difference:
    """A difference that is positive if the claim is right, with its 95 % interval.

    Attributes:
        label: what is compared, for readers.
        value: the difference; NaN if it could not be measured.
        low, high: ends of the interval; NaN if unknown.
    """

    label: str
    value: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Return holds if the whole interval is positive, does not hold if it is negative, else undecided."""
        return verdict_of_interval(self.low, self.high)

    @property
    def cells(self) -> list[str]:
        """Return the cells of a text table."""
        return [self.label, f"{self.value:+.3f}", f"{self.low:+.3f} to {self.high:+.3f}"]


def estimated_difference(label: str, estimate: Estimate, scale: Scale = IDENTITY) -> Difference:
    """Return a difference with its 95 % interval."""
    low, high = interval(estimate, scale)
    return Difference(label, float(estimate.value), float(low), float(high))


def best_of(candidates: Sequence[Difference]) -> Difference:
    """Return the difference that decides "some of them": positive if any is, negative only if all are.

    Examples:
        >>> best_of([Difference("a", -0.5, -0.7, -0.2), Difference("b", 0.1, -0.8, 0.8)]).label
        'b'
        >>> best_of([Difference("a", 0.2, 0.1, 0.3), Difference("b", 0.1, -0.8, 0.8)]).label
        'a'
    """
    surest = max(candidates, key=lambda gain: -np.inf if np.isnan(gain.low) else gain.low)
    return surest if surest.low > 0 else max(candidates, key=lambda gain: np.inf if np.isnan(gain.high) else gain.high)


def worst_of(candidates: Sequence[Difference]) -> Difference:
    """Return the difference that decides "each of them": negative if any is, positive only if all are.

    Examples:
        >>> worst_of([Difference("a", 0.3, 0.1, 0.5), Difference("b", 0.4, -0.1, 0.9)]).label
        'b'
    """
    surest = min(candidates, key=lambda gain: np.inf if np.isnan(gain.high) else gain.high)
    return surest if surest.high < 0 else min(candidates, key=lambda gain: -np.inf if np.isnan(gain.low) else gain.low)
