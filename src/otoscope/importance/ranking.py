"""What a ranking is: one record that each file of `rankings/` fills in, and the total order of heads it gives."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from otoscope.errors import InputError
from otoscope.importance.ranking_context import Subject

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """One score for each head of a model, from which all heads are ordered from the highest to the lowest.

    `score` gives it as `[layer, head]` (heads that a layer lacks are NaN), of a subject and a seed; rankings that
    chance makes list the `seeds` that they are drawn with when none is asked for. `dispensable` says at which end of
    the order the heads stand that a model is expected to do without.
    """

    name: str
    doc: str
    units: str
    source: str
    dispensable: Literal["high", "low"]
    score: Callable[[Subject, int], Floats]
    needs_loss: bool = True
    seeds: tuple[int, ...] = (0,)


def discover() -> dict[str, Ranking]:
    """Every ranking of the folder `rankings` by name.

    >>> sorted(discover())[:3]
    ['diagonality', 'fisher', 'globalness']
    """
    package = importlib.import_module("otoscope.importance.builtin")
    modules = (
        importlib.import_module(f"{package.__name__}.{one.name}") for one in pkgutil.iter_modules(package.__path__)
    )
    found = [module.RANKING for module in modules]
    return {ranking.name: ranking for ranking in sorted(found, key=lambda ranking: ranking.name)}


def chosen(names: Iterable[str]) -> dict[str, tuple[Ranking, int]]:
    """The rankings of some names, each with its seed: `random` stands for several, `random-7` for one.

    Raises:
        InputError: no name, or one that is not known.

    >>> list(chosen(["globalness", "random"]))
    ['globalness', 'random-0', 'random-1', 'random-2']
    """
    known, found = discover(), dict[str, tuple[Ranking, int]]()
    for name in names:
        base, _, seed = name.rpartition("-")
        if name in known:
            found |= {label: (known[name], seed) for label, seed in _labels(known[name]).items()}
        elif base in known and len(known[base].seeds) > 1 and seed.isdecimal():
            found[name] = (known[base], int(seed))
        else:
            raise InputError(f"no ranking '{name}'; rankings are {', '.join(known)}")
    if not found:
        raise InputError(f"expected the name of a ranking, got none; rankings are {', '.join(known)}")
    return found


def _labels(ranking: Ranking) -> dict[str, int]:
    if len(ranking.seeds) == 1:
        return {ranking.name: ranking.seeds[0]}
    return {f"{ranking.name}-{seed}": seed for seed in ranking.seeds}


def order(score: Floats) -> list[tuple[int, int]]:
    """Heads `(layer, head)` from the highest score `[layer, head]` to the lowest; equal ones by layer, then head.

    >>> sort_phones(np.array([[1.0, np.nan], [3.0, 1.0]]))
    [(1, 0), (0, 0), (1, 1)]
    """
    present = np.argwhere(~np.isnan(score))
    highest_first = np.argsort(-score[tuple(present.T)], kind="stable")
    return [(int(layer), int(head)) for layer, head in present[highest_first]]


def ranks(score: Floats) -> Floats:
    """Rank of each head `[layer, head]`, 1 for the highest score, each rank once; heads that are absent are NaN.

    >>> ranks(np.array([[1.0, np.nan], [3.0, 1.0]])).tolist()
    [[2.0, nan], [1.0, 3.0]]
    """
    place = np.full(score.shape, np.nan)
    for rank, head in enumerate(order(score), start=1):
        place[head] = rank
    return place
