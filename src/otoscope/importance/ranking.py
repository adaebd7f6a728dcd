"""Define what a ranking is, select rankings by name, and order heads by their scores."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from otoscope.errors import InputError
from otoscope.importance import RANKINGS
from otoscope.importance.ranking_context import RankingContext
from otoscope.typing import Floats


@dataclass(frozen=True)
class Ranking:
    """Score each head of a model; the scores order all heads from the highest to the lowest.

    Attributes:
        name: name of the ranking, as in the registry.
        doc: one sentence about the score and about the heads that come first.
        units: units of the score.
        source: publication of the ranking.
        dispensable: the end of the order with the heads that the model is expected to need least, high or low.
        score: function of a context and a seed that returns scores `[layer, head]`; NaN where a layer has fewer heads.
        needs_loss: the score needs a loss of the model.
        seeds: seeds of the draws if the user gives none; several seeds mean that the score is random.
    """

    name: str
    doc: str
    units: str
    source: str
    dispensable: Literal["high", "low"]
    score: Callable[[RankingContext, int], Floats]
    needs_loss: bool = True
    seeds: tuple[int, ...] = (0,)


def get_rankings(names: Iterable[str]) -> dict[str, tuple[Ranking, int]]:
    """Return rankings with their seeds by label.

    Args:
        names: names of rankings; `random` means all of its seeds, `random-7` means seed 7.

    Returns:
        The ranking and its seed for each label, in the order of the names.

    Raises:
        InputError: no name, or no ranking has one of the names.

    Examples:
        >>> list(get_rankings(["globalness", "random"]))
        ['globalness', 'random-0', 'random-1', 'random-2']
    """
    rankings: dict[str, tuple[Ranking, int]] = {}
    for name in names:
        base, seed = split_label(name)
        ranking = RANKINGS.get(base)
        if seed is not None:
            rankings[name] = (ranking, seed)
        else:
            rankings |= {seed_label(ranking, base, number): (ranking, number) for number in ranking.seeds}
    if not rankings:
        raise InputError(f"expected the name of a ranking in --by, found none; choose from {', '.join(RANKINGS)}")
    return rankings


def seed_label(ranking: Ranking, name: str, seed: int) -> str:
    """Return the label of a ranking with a seed: the name, and the seed if the ranking is random."""
    return name if len(ranking.seeds) == 1 else f"{name}-{seed}"


def split_label(label: str) -> tuple[str, int | None]:
    """Return the name of a ranking and its seed, which is None for a label without a seed.

    Examples:
        >>> split_label("random-7"), split_label("leave-one-out")
        (('random', 7), ('leave-one-out', None))
    """
    base, _, seed = label.rpartition("-")
    names = RANKINGS.names()
    if label not in names and base in names and seed.isdecimal() and len(RANKINGS.get(base).seeds) > 1:
        return base, int(seed)
    return label, None


def order(score: Floats) -> list[tuple[int, int]]:
    """Return heads `(layer, head)` from the highest score `[layer, head]` to the lowest.

    Heads with equal scores are in the order of layers, then heads.

    Examples:
        >>> order(np.array([[1.0, np.nan], [3.0, 1.0]]))
        [(1, 0), (0, 0), (1, 1)]
    """
    present = np.argwhere(~np.isnan(score))
    highest_first = np.argsort(-score[tuple(present.T)], kind="stable")
    return [(int(layer), int(head)) for layer, head in present[highest_first]]


def ordinal_ranks(score: Floats) -> Floats:
    """Return the rank of each head `[layer, head]`: 1 for the highest score, each rank once, NaN without a head.

    Equal scores have the ranks of `order`; `otoscope.results.competition_ranks` gives them one rank.

    Examples:
        >>> ordinal_ranks(np.array([[1.0, np.nan], [3.0, 1.0]])).tolist()
        [[2.0, nan], [1.0, 3.0]]
    """
    rank_lh = np.full(score.shape, np.nan)
    for rank, head in enumerate(order(score), start=1):
        rank_lh[head] = rank
    return rank_lh
