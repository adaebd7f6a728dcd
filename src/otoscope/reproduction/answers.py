"""Answers to claims: differences with their intervals, and what comes between models by chance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from otoscope.importance.claims import Claim, Difference
from otoscope.results import Bootstrap
from otoscope.results.bootstrap import interval

Floats = NDArray[np.floating]


@dataclass(frozen=True)
class Answer:
    """A claim that was asked: of what speech, and by which test its differences got their intervals."""

    claim: Claim
    test: str


def answered(text: str, of: str, differences: Sequence[Difference], test: str) -> Answer:
    """A claim with what answers it; without differences nothing can be told."""
    return Answer(Claim(text, of, list(differences)), test)


def difference(what: str, value: float, drawn: Floats) -> Difference:
    """A difference with the 95 % interval of its resamples."""
    low, high = interval(np.asarray(drawn))
    return Difference(what, float(value), float(low), float(high))


def beyond_chance(one: Difference, of_seeds: Sequence[float]) -> Difference:
    """A difference between models, its interval wider on both sides by the most that seeds of one model differ.

    Two trainings differ by chance, too; a difference that is no larger says nothing about how they were trained.

    >>> beyond_chance(Difference("M3 over M6", 0.03, 0.01, 0.05), [0.75, 0.77]).low.__round__(3)
    -0.01
    """
    known = [value for value in of_seeds if not np.isnan(value)]
    spread = max(known) - min(known) if len(known) > 1 else 0.0
    what = f"{one.what}, ±{spread:.3f} between seeds" if spread else one.what
    return replace(one, what=what, low=one.low - spread, high=one.high + spread)


def over_heads(value_of: Callable[[NDArray[np.intp]], float], n_heads: int) -> tuple[float, Floats]:
    """A value of all heads, and of heads drawn again, `[resample]`; `value_of` is given their places.

    >>> over_heads(lambda places: float(places.mean()), 3)[0]
    1.0
    """
    bootstrap = Bootstrap()
    drawn = np.random.default_rng(bootstrap.seed).integers(n_heads, size=(bootstrap.resamples, n_heads))
    return value_of(np.arange(n_heads)), np.array([value_of(places) for places in drawn])
