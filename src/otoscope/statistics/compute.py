"""From the kernel's reductions of one utterance to its statistics, layer by layer."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from otoscope.attention.reductions import Reductions
from otoscope.statistics.statistic import Statistic

Values = dict[str, NDArray[np.float64]]


def compute_statistics(statistics: Mapping[str, Statistic], layers: Sequence[Reductions]) -> Values:
    """Each statistic `[layer, head, *dims]` of one utterance, from its reductions in every layer.

    Layers may differ in their number of heads: heads that a layer lacks are NaN.
    """
    return stack_layers([layer_statistics(statistics, layer) for layer in layers])


def layer_statistics(statistics: Mapping[str, Statistic], layer: Reductions) -> Values:
    """Each statistic `[head, *dims]` of one layer."""
    return {name: statistic.value(layer).double().cpu().numpy() for name, statistic in statistics.items()}


def stack_layers(layers: Sequence[Values]) -> Values:
    """Each statistic `[layer, head, *dims]` from those of the layers."""
    return {name: _stacked([layer[name] for layer in layers]) for name in layers[0]}


def _stacked(layers: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    most = max(map(len, layers))
    values = np.full((len(layers), most, *layers[0].shape[1:]), np.nan)
    for row, layer in zip(values, layers, strict=True):
        row[: len(layer)] = layer
    return values
