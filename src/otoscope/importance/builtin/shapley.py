"""Heads by their Shapley value: the rise of the loss when each is removed, averaged over random orders of removal."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from otoscope.importance.head_grid import Head
from otoscope.importance.ranking import Ranking
from otoscope.importance.ranking_context import RankingContext
from otoscope.importance.sampling_budget import SamplingBudget
from otoscope.runs.cache import Arrays
from otoscope.runs.executors.executor import OnProgress
from otoscope.runs.part_map import Items
from otoscope.typing import Floats

Player = TypeVar("Player", bound=Hashable)
Loss = TypeVar("Loss", float, Floats)


@dataclass(frozen=True, eq=False)
class Removal(Generic[Player, Loss]):
    """A removal of all players in an order.

    The loss is a number, or that of each utterance, NaN where it is not measured.

    Attributes:
        order: the players.
        intact: loss with all players.
        empty: loss without any.
        truncation: the order ends when the mean loss is within this share of the way from intact to empty: the rises
            that are left are noise around zero, and count as zero (Ghorbani & Zou 2019).
    """

    order: tuple[Player, ...]
    intact: Loss
    empty: Loss
    truncation: float

    def rises(self, loss_without: Callable[[frozenset[Player]], Loss]) -> list[Loss]:
        """Return the rise of the loss at the removal of each player, up to the end of the order.

        >>> cost = {"a": 1.0, "b": 2.0}
        >>> removal = Removal(("b", "a"), 0.0, 3.0, truncation=0.0)
        >>> removal.rises(lambda removed: sum(cost[player] for player in removed))
        [2.0, 1.0]
        """
        near = self.truncation * abs(np.nanmean(self.empty - self.intact))
        rises: list[Loss] = []
        before = self.intact
        for count in range(1, len(self.order) + 1):
            after = self.empty if count == len(self.order) else loss_without(frozenset(self.order[:count]))
            rises.append(after - before)
            before = after
            if abs(np.nanmean(self.empty - after)) < near:
                break
        return rises


def mean_rises(
    players: Iterable[Player], removals: Sequence[Removal[Player, Loss]], rises: Sequence[Sequence[Loss]]
) -> dict[Player, Loss]:
    """Return the mean over removals of the rise of the loss at each player; 0 in removals that ended before it.

    Without truncation the values sum to the whole rise.

    >>> removals = [Removal(("a", "b"), 0.0, 3.0, 0.0), Removal(("b", "a"), 0.0, 3.0, 0.0)]
    >>> mean_rises("ab", removals, [[1.0, 2.0], [3.0, 0.0]])
    {'a': 0.5, 'b': 2.5}
    """
    mean = dict.fromkeys(players, 0 * removals[0].intact)
    for removal, rises_of_one in zip(removals, rises, strict=True):
        for player, rise in zip(removal.order, rises_of_one, strict=False):
            mean[player] = mean[player] + rise / len(removals)
    return mean


def draw_removals(
    players: Sequence[Player], ends: tuple[Loss, Loss], budget: SamplingBudget, rng: np.random.Generator
) -> list[Removal[Player, Loss]]:
    """Return removals in random orders; `ends` are the loss with all players, and without any."""
    orders = [[players[place] for place in rng.permutation(len(players))] for _ in range(budget.permutations)]
    return [Removal(tuple(order), *ends, budget.truncation) for order in orders]


def score(context: RankingContext, seed: int) -> Floats:
    """Return estimates from truncated permutation sampling, of each utterance."""
    heads = context.heads
    intact, empty = context.losses_without("shapley-ends", [[], heads], is_shared=False)
    removals = draw_removals(heads, (intact, empty), context.budget, np.random.default_rng(seed))
    seconds = [(len(heads) - 1) * context.sample_seconds] * len(removals)
    rises = context.map(_rises, Items(f"shapley-{seed}", "removing heads", removals, seconds))
    values = mean_rises(heads, removals, [list(rise["rise"]) for rise in rises])
    return context.to_layer_head(values[head] for head in heads)


def _rises(context: RankingContext, removal: Removal[Head, Floats], on_progress: OnProgress) -> Arrays:
    return {"rise": np.stack(removal.rises(context.loss_without(on_progress).rows))}


RANKING = Ranking(
    name="shapley",
    doc="Mean rise of the loss at the head's removal over random orders of removal: heads that give most first.",
    units="loss",
    source="Held and Yang 2022 (arXiv 2210.05709)",
    prunable_end="low",
    score=score,
)
