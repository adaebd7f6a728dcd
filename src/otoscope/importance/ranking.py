"""Define what a ranking is, select rankings by name, and order heads by their scores."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from otoscope.errors import InputError
from otoscope.importance import RANKINGS
from otoscope.importance.ranking_context import RankingContext
from otoscope.statistics.accumulator import mean_of_defined
from otoscope.typing import Floats


@dataclass(frozen=True)
class Ranking:
    """Score each head of a model; the scores order all heads from the highest to the lowest.

    Attributes:
        name: name of the ranking, as in the registry.
        doc: one sentence about the score and about the heads that come first.
        units: units of the score.
        source: publication of the ranking.
        prunable_end: the end of the order with the heads that the model is expected to need least, high or low.
        score: function of a context and a seed. It returns what each utterance contributes, `[utterance, layer, head]`,
            whose mean over utterances is the score; or scores `[layer, head]`, which then have no interval. NaN where
            a layer has fewer heads, and for utterances that are not used.
        needs_loss: the score needs a loss of the model.
        seeds: seeds of the draws if the user gives none; several seeds mean that the score is random.
        is_control: the ranking uses nothing of the model; figures draw it thin and grey.
    """

    name: str
    doc: str
    units: str
    source: str
    prunable_end: Literal["high", "low"]
    score: Callable[[RankingContext, int], Floats]
    needs_loss: bool = True
    seeds: tuple[int, ...] = (0,)
    is_control: bool = False


@dataclass(frozen=True)
class SeededRanking:
    """A ranking and the seed of its draw.

    Attributes:
        name: name of the ranking in the registry, without the seed.
        ranking: the ranking.
        seed: seed of the draw; a ranking that draws nothing ignores it.
    """

    name: str
    ranking: Ranking
    seed: int


@dataclass(frozen=True, eq=False)
class RankingScores:
    """The scores of a ranking, measured now or read from an earlier run.

    Attributes:
        values: score of each head `[layer, head]`, NaN where a layer has fewer heads.
        name: name of the ranking, without a seed.
        is_control: whether the ranking uses nothing of the model.
        rows: what each utterance contributes `[utterance, layer, head]`; None if that is unknown.
    """

    values: Floats
    name: str
    is_control: bool
    rows: Floats | None = None


def make_scores(score: Floats, seeded: SeededRanking) -> RankingScores:
    """Return what the `score` of a ranking returned, with its name: `[utterance, layer, head]` or `[layer, head]`.

    >>> (seeded,) = get_rankings(["weight"]).values()
    >>> make_scores(np.array([[[1.0, 2.0]], [[3.0, 4.0]]]), seeded).values.tolist()
    [[2.0, 3.0]]
    """
    name, is_control = seeded.name, seeded.ranking.is_control
    if score.ndim == 2:
        return RankingScores(score, name, is_control)
    return RankingScores(mean_of_defined(score), name, is_control, score)


def get_rankings(names: Iterable[str]) -> dict[str, SeededRanking]:
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
    rankings: dict[str, SeededRanking] = {}
    for text in names:
        name, seed = _parse_name(text)
        ranking = RANKINGS.get(name)
        seeds = ranking.seeds if seed is None else (seed,)
        rankings |= {_label(name, ranking, number): SeededRanking(name, ranking, number) for number in seeds}
    if not rankings:
        raise InputError(f"expected the name of a ranking in --by, found none; choose from {', '.join(RANKINGS)}")
    return rankings


def _label(name: str, ranking: Ranking, seed: int) -> str:
    """Return the label of a ranking with a seed: the name, and the seed if the ranking is random."""
    return name if len(ranking.seeds) == 1 else f"{name}-{seed}"


def _parse_name(text: str) -> tuple[str, int | None]:
    """Return the name of a ranking, and the seed or None, as the user typed them: `random-7` or `random`."""
    name, _, seed = text.rpartition("-")
    names = RANKINGS.names()
    if text not in names and name in names and seed.isdecimal() and len(RANKINGS.get(name).seeds) > 1:
        return name, int(seed)
    return text, None


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
