"""Answers to claims: differences with their intervals, and what comes between models by chance."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from otoscope.papers.yang2020.pruning_claims import Answer as Verdict
from otoscope.papers.yang2020.pruning_claims import Claim, Difference
from otoscope.results import Bootstrap
from otoscope.results.bootstrap import interval

Floats = NDArray[np.floating]
OVER_UTTERANCES = "bootstrap over utterances, or over folds of many"


@dataclass(frozen=True)
class Answer:
    """A claim that was asked: of what speech, and by which test its differences got their intervals."""

    claim: Claim
    test: str


def answered(text: str, of: str, differences: Sequence[Difference], test: str) -> Answer:
    """A claim with what answers it; without differences nothing can be told, and `test` says why."""
    return Answer(Claim(text, of, list(differences)), test)


@dataclass(frozen=True)
class OfTrainings(Claim):
    """A claim with a difference from each of several trainings of one model.

    Where they contradict each other, it cannot be told of such models.
    """

    @property
    def answer(self) -> Verdict:
        """That of any claim, unless one training says so and another the contrary."""
        contradicted = {"holds", "does not hold"} <= {one.answer for one in self.differences}
        return "cannot tell" if contradicted else super().answer


def answered_by_each(text: str, of: str, by_seed: Mapping[str, Difference], test: str) -> Answer:
    """A claim with what answers it of each training, by the training's name, which is said where there are several."""
    several = len(by_seed) > 1
    named = [replace(one, what=f"{seed.upper()}: {one.what}") if several else one for seed, one in by_seed.items()]
    return Answer(OfTrainings(text, of, named), test)


def difference(what: str, value: float, drawn: Floats) -> Difference:
    """A difference with the 95 % interval of its resamples."""
    low, high = interval(np.asarray(drawn))
    return Difference(what, float(value), float(low), float(high))


def beyond_chance(one: Difference, of_seeds: Sequence[float]) -> Difference:
    """A difference between models, its interval wider on both sides by what two trainings of one model differ.

    That is `t sqrt(2) s`: s the standard deviation over seeds, t the 97.5 % point of Student's distribution. One seed
    tells nothing of it, and leaves no interval.

    >>> beyond_chance(Difference("M3 over M6", 0.03, 0.01, 0.05), [0.75, 0.76, 0.77]).low.__round__(3)
    -0.051
    """
    known = [value for value in of_seeds if not np.isnan(value)]
    if len(known) < 2:
        return replace(one, what=f"{one.what}; one seed says nothing of chance", low=np.nan, high=np.nan)
    margin = float(student.ppf(0.975, len(known) - 1) * np.sqrt(2) * np.std(known, ddof=1))
    return replace(one, what=f"{one.what}, ±{margin:.3f} by seed", low=one.low - margin, high=one.high + margin)


def over_heads(value_of: Callable[[NDArray[np.intp]], float], n_heads: int) -> tuple[float, Floats]:
    """A value of all heads, and of heads drawn again, `[resample]`; `value_of` is given their places. NaN of none.

    >>> over_heads(lambda places: float(places.mean()), 3)[0]
    1.0
    """
    if not n_heads:
        return np.nan, np.array([np.nan])
    bootstrap = Bootstrap()
    drawn = np.random.default_rng(bootstrap.seed).integers(n_heads, size=(bootstrap.resamples, n_heads))
    return value_of(np.arange(n_heads)), np.array([value_of(places) for places in drawn])
