"""Compute the statistics of one utterance from its reductions, layer by layer."""

from collections.abc import Mapping, Sequence

import numpy as np

from otoscope.attention.reductions import Reductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats

Values = dict[str, Floats]


def compute_statistics(statistics: Mapping[str, Statistic], layers: Sequence[Reductions]) -> Values:
    """Return each statistic `[layer, head, *dims]` of one utterance, from its reductions in every layer.

    Layers may differ in their number of heads: values of heads that a layer lacks are NaN.
    """
    return stack_layers([layer_statistics(statistics, layer) for layer in layers])


def layer_statistics(statistics: Mapping[str, Statistic], layer: Reductions) -> Values:
    """Return each statistic `[head, *dims]` of one layer."""
    return {name: statistic.compute(layer).double().cpu().numpy() for name, statistic in statistics.items()}


def stack_layers(layers: Sequence[Values]) -> Values:
    """Stack the statistics of the layers, `[layer, head, *dims]`."""
    return {name: _pad_heads([layer[name] for layer in layers]) for name in layers[0]}


def _pad_heads(layers: Sequence[Floats]) -> Floats:
    values = np.full((len(layers), max(map(len, layers)), *layers[0].shape[1:]), np.nan)
    for row, layer in zip(values, layers, strict=True):
        row[: len(layer)] = layer
    return values
