"""From the kernel's reductions of one utterance to its statistics, layer by layer."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from otoscope.statistics.reductions import Reductions
from otoscope.statistics.statistic import Statistic


def evaluate(statistics: Mapping[str, Statistic], layers: Sequence[Reductions]) -> dict[str, NDArray[np.float64]]:
    """Each statistic `[layer, head, *dims]` of one utterance, from its reductions in every layer.

    Layers may differ in their number of heads: heads that a layer lacks are NaN.
    """
    return {name: _stacked(statistic, layers) for name, statistic in statistics.items()}


def _stacked(statistic: Statistic, layers: Sequence[Reductions]) -> NDArray[np.float64]:
    most = max(len(layer.rows) for layer in layers)
    values = np.full((len(layers), most, *statistic.shape), np.nan)
    for row, layer in zip(values, layers, strict=True):
        row[: len(layer.rows)] = statistic.value(layer).cpu().numpy()
    return values
