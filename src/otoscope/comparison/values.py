"""Values of a run with what each utterance contributes to them, for every kind of run that can be compared.

A value is a function of sums over utterances: a mean, a ratio, an R-value or an area.
Axes: u utterance, v value, s seed, g cluster.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from otoscope.results.intervals import Estimate, estimate
from otoscope.statistics.clusters import Clusters, group_sums
from otoscope.typing import AnyFloats, Bools, Ints

SEED = "seed"


@dataclass(frozen=True, eq=False)
class RunValues:
    """Values of a run.

    Attributes:
        keys: what each value is, one row each, `[v]`.
        utterances: rows of `run.utterances`, `[u]`.
        sums: what each utterance adds, arrays `[u, ...]`.
        statistic: computes the values `[..., v]` from sums over utterances `[..., *in]`; `[..., v, s]` with seeds.
        counts: whether each utterance has each value, `[u, v]`.
        has_seeds: whether the statistic returns the values of several seeds.
    """

    keys: pd.DataFrame
    utterances: pd.DataFrame
    sums: tuple[AnyFloats, ...]
    statistic: Callable[..., AnyFloats]
    counts: Bools
    has_seeds: bool = False

    def of_utterances(self, chosen: Bools | Ints) -> "RunValues":
        """Return the values of some utterances, chosen by a mask or by indices."""
        return replace(
            self,
            utterances=self.utterances.iloc[np.arange(len(self.utterances))[chosen]],
            sums=tuple(array[chosen] for array in self.sums),
            counts=self.counts[chosen],
        )

    def of_keys(self, chosen: Ints) -> "RunValues":
        """Return some of the values, chosen by indices."""
        axis = -2 if self.has_seeds else -1
        statistic = self.statistic
        return replace(
            self,
            keys=self.keys.iloc[chosen].reset_index(drop=True),
            statistic=lambda *sums: np.take(statistic(*sums), chosen, axis=axis),
            counts=self.counts[:, chosen],
        )

    def estimate(self, clusters: Clusters, source: str) -> Estimate:
        """Return the values `[v]` with their replicates without each cluster, and without each seed.

        Args:
            clusters: cluster of each utterance.
            source: name of the source of variance; estimates with the same name are paired.
        """
        by_cluster = estimate(self.statistic, source, *(group_sums(array, clusters) for array in self.sums))
        support = (group_sums(self.counts.astype(float), clusters) > 0).sum(axis=0)
        if not self.has_seeds:
            return Estimate(by_cluster.value, by_cluster.replicates, {source: support})
        value_vs = by_cluster.value
        replicates = {source: by_cluster.replicates[source].mean(axis=-1)}
        if (seeds := value_vs.shape[-1]) > 1:
            without = (value_vs.sum(axis=-1, keepdims=True) - value_vs) / (seeds - 1)
            replicates[SEED] = np.moveaxis(without, -1, 0)
        return Estimate(value_vs.mean(axis=-1), replicates, {source: support})
