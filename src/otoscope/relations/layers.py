"""Relations of layers: the operations of each layer's attention, averaged over its heads.

Axes: l layer, h head, y phone, o operation.
"""

import numpy as np
import pandas as pd
import xarray as xr

from otoscope.relations.operations import effects, operations
from otoscope.relations.options import RelationOptions
from otoscope.relations.significance import support_in, supported_operations


def layer_effects(dataset: xr.Dataset, options: RelationOptions) -> pd.DataFrame:
    """Return the effect of every operation on the mean map of each layer, one row each.

    The mean relations of the heads of a layer are those of its mean map, because relations are linear in attention.

    Args:
        dataset: Dataset of a run with relations.
        options: which targets have enough speech; the others are skipped.

    Returns:
        Columns layer, target and effect: times uniform; of attention to the own phone, its share.
    """
    phones = [str(symbol) for symbol in dataset["key_phone"].values]
    rest_lyy = dataset["relation_elsewhere"].mean("head").values
    whole_lyy = dataset["relation"].mean("head").values
    own_ly = np.diagonal(whole_lyy - rest_lyy, axis1=-2, axis2=-1)
    effect_lo = effects(rest_lyy, own_ly, dataset["relation_baseline_elsewhere"].values, phones)
    is_supported = supported_operations(support_in(dataset), phones, options)
    targets = [operation.target for operation in operations(phones)]
    return pd.DataFrame(
        [
            {"layer": layer, "target": target, "effect": effect_lo[row, place]}
            for row, layer in enumerate(dataset["layer"].values)
            for place, target in enumerate(targets)
            if is_supported[place]
        ]
    )
