"""Relations of layers: the operations of each layer's attention, averaged over its heads.

Axes: l layer, h head, y phone, o operation.
"""

import pandas as pd
import xarray as xr

from otoscope.relations.operations import operations
from otoscope.relations.options import RelationOptions
from otoscope.relations.significance import supported_in


def layer_effects(dataset: xr.Dataset, options: RelationOptions) -> pd.DataFrame:
    """Return the effect of every operation on the mean map of each layer, with its interval, one row each.

    Args:
        dataset: Dataset of a run with relations.
        options: which targets have enough speech; the others are skipped.

    Returns:
        Columns layer, target, effect, effect_low and effect_high: effects are times uniform, but for the own
        phone, where they are shares of all attention.
    """
    phones = [str(symbol) for symbol in dataset["key_phone"].values]
    effect_lo, ends_lob = dataset["layer_effect"].values, dataset["layer_effect_interval"].values
    is_supported = supported_in(dataset, options)
    targets = [operation.target for operation in operations(phones)]
    return pd.DataFrame(
        [
            {
                "layer": layer,
                "target": target,
                "effect": effect_lo[row, place],
                "effect_low": ends_lob[row, place, 0],
                "effect_high": ends_lob[row, place, 1],
            }
            for row, layer in enumerate(dataset["layer"].values)
            for place, target in enumerate(targets)
            if is_supported[place]
        ]
    )
