"""Measure one utterance: how far attributions agree, and what is left of outputs in the order of each.

Axes: n output, r relevance, s scores by head, o order, l layer, h head, k a head to follow, f fraction, z piece.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from otoscope.attribution.agreement import partial_correlation, rank_correlation
from otoscope.attribution.attribution import Attribution, AttributionContext
from otoscope.attribution.deletion import FRACTIONS, curve_sums
from otoscope.importance.head_grid import Head
from otoscope.typing import Bools, Floats

DISTANCE = "distance"
RANDOM_ORDERS = 4


@dataclass(frozen=True)
class MeasurePlan:
    """What is measured of each utterance.

    Attributes:
        attributions: attributions by name; `distance` is one of them.
        heads: heads in whose order pieces are deleted.
        is_log: whether scores of outputs are logarithms of their amounts.
    """

    attributions: Mapping[str, Attribution]
    heads: Sequence[Head]
    is_log: bool

    @property
    def relevances(self) -> list[str]:
        """Return the names of the attributions that follow from the output itself."""
        return [name for name, each in self.attributions.items() if each.role == "relevance"]

    @property
    def by_head(self) -> list[str]:
        """Return the names of the attributions of single heads."""
        return [name for name, each in self.attributions.items() if each.per_head]

    @property
    def orders(self) -> list[str]:
        """Return the names of the other attributions."""
        return [name for name, each in self.attributions.items() if not each.per_head]

    def measure(self, context: AttributionContext, rng: np.random.Generator) -> dict[str, Floats]:
        """Return agreements `[r, ...]`, means over outputs, sums of amounts `[..., f]`, and the number of outputs."""
        scores = {name: each.function(context) for name, each in self.attributions.items()}
        answers = {"answers": np.array(len(context.outputs.reads_nt), np.float64)}
        return answers | self._agreements(scores) | self._amounts(context, scores, rng)

    def _agreements(self, scores: Mapping[str, Floats]) -> dict[str, Floats]:
        relevance_rnz = np.abs([scores[name] for name in self.relevances])
        near_nz = scores[DISTANCE]
        order_onz = np.stack(
            [np.abs(scores[name]) if name in self.relevances else scores[name] for name in self.orders]
        )
        values = {"order_agreement": rank_correlation(relevance_rnz[:, None], order_onz).mean(-1)}
        if not self.by_head:
            return values
        head_snlhz = np.stack([scores[name] for name in self.by_head])
        plain = rank_correlation(relevance_rnz[:, None, :, None, None], head_snlhz)
        near_r = rank_correlation(relevance_rnz, near_nz)[:, None, :, None, None]
        near_s = rank_correlation(head_snlhz, near_nz[:, None, None])
        beyond = partial_correlation(plain, near_r, near_s)
        return values | {"agreement": plain.mean(2), "agreement_beyond_distance": beyond.mean(2)}

    def _amounts(
        self, context: AttributionContext, scores: Mapping[str, Floats], rng: np.random.Generator
    ) -> dict[str, Floats]:
        random = [
            np.broadcast_to(rng.random(context.pieces.count), scores[DISTANCE].shape) for _ in range(RANDOM_ORDERS)
        ]
        heads = [scores[name][:, layer, head] for name in self.by_head for layer, head in self.heads]
        orders = [scores[name] for name in self.orders]

        def amounts(deleted: Bools) -> Floats:
            values = context.scores_without(deleted)
            return np.exp(values) if self.is_log else values

        sums = curve_sums(amounts, np.stack([*random, *orders, *heads]))
        parts = np.split(sums, np.cumsum([len(random), len(orders)]))
        left = np.vstack([parts[0].mean(0), parts[1]])
        return {"left": left, "head_left": parts[2].reshape(len(self.by_head), len(self.heads), len(FRACTIONS))}
