"""Heads by their Shapley value: the rise of the loss when each is removed, averaged over random orders of removal."""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

import numpy as np

from otoscope.importance.ranking import Ranking
from otoscope.importance.ranking_context import RankingContext
from otoscope.typing import Floats

Player = TypeVar("Player", bound=Hashable)
Loss = TypeVar("Loss", float, Floats)


def score(context: RankingContext, seed: int) -> Floats:
    """Return estimates from truncated permutation sampling, of each utterance."""
    budget, rng = context.budget, np.random.default_rng(seed)
    with context.ablation_loss(2 + budget.permutations * (len(context.heads) - 1)) as loss_without:
        values = shapley_values(context.heads, loss_without.rows, budget.permutations, budget.truncation, rng)
    return context.to_layer_head(values[head] for head in context.heads)


def shapley_values(
    players: Sequence[Player],
    loss_without: Callable[[frozenset[Player]], Loss],
    permutations: int,
    truncation: float,
    rng: np.random.Generator,
) -> dict[Player, Loss]:
    """Return the mean rise of the loss at each player's removal over random orders that remove all players.

    The loss is a number, or that of each utterance, NaN where it is not measured. Orders are the same for all.
    An order ends when the mean loss is within `truncation` of the way from no player removed to all removed: the
    rises that are left are noise around zero, and count as zero (Ghorbani & Zou 2019). Without truncation the values
    sum to the whole rise.

    >>> cost = {"a": 1.0, "b": 2.0}
    >>> additive = lambda removed: sum(cost[player] for player in removed)
    >>> shapley_values(["a", "b"], additive, 2, 0.0, np.random.default_rng(0))
    {'a': 1.0, 'b': 2.0}
    """
    intact, empty = loss_without(frozenset()), loss_without(frozenset(players))
    near = truncation * abs(np.nanmean(empty - intact))
    rises = dict.fromkeys(players, 0 * intact)
    for _ in range(permutations):
        removed, before = frozenset[Player](), intact
        for place in rng.permutation(len(players)):
            removed |= {players[place]}
            after = empty if len(removed) == len(players) else loss_without(removed)
            rises[players[place]] = rises[players[place]] + (after - before) / permutations
            before = after
            if abs(np.nanmean(empty - after)) < near:
                break
    return rises


RANKING = Ranking(
    name="shapley",
    doc="Mean rise of the loss at the head's removal over random orders of removal: heads that give most first.",
    units="loss",
    source="Held and Yang 2022 (arXiv 2210.05709)",
    prunable_end="low",
    score=score,
)
