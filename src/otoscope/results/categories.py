"""The three categories: a head belongs to the one in whose list it has the best rank.

Yang, Liu & Lee, Understanding Self-Attention of Self-Supervised Audio Transformers, Interspeech 2020, section 3.
"""

import numpy as np
import numpy.typing as npt

from otoscope.typing import AnyFloats

# Statistic that ranks for each category, in the order that decides equal ranks.
CATEGORY_STATISTIC = {"diagonal": "diagonality", "vertical": "verticality", "global": "globalness"}
CATEGORIES = tuple(CATEGORY_STATISTIC)
RANKED = ("globalness", "verticality", "diagonality")
"""Statistics from which categories follow, in the order of the arguments of `categorise`."""


def competition_ranks(values: AnyFloats) -> npt.NDArray[np.intp]:
    """Return ranks along the last axis: 1 for the highest, equal values share the best rank, NaN comes after all.

    >>> competition_ranks(np.array([0.5, 2.0, 2.0, np.nan, 1.0]))
    array([4, 1, 1, 5, 3])
    """
    order = np.argsort(-values, axis=-1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=-1)
    position = np.broadcast_to(np.arange(1, values.shape[-1] + 1), values.shape)
    differs = np.ones(values.shape, dtype=bool)
    differs[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    shared = np.maximum.accumulate(np.where(differs, position, 1), axis=-1)
    result = np.empty(values.shape, dtype=np.intp)
    np.put_along_axis(result, order, shared, axis=-1)
    return result


def categorise(globalness: AnyFloats, verticality: AnyFloats, diagonality: AnyFloats) -> npt.NDArray[np.str_]:
    """Return the category of every head, from its rank among all heads in each of the three statistics.

    Args:
        globalness, verticality, diagonality: [..., layer, head]; leading axes (resamples) are ranked
            one by one. A head that its layer lacks is NaN and gets the empty category.

    Equal ranks: diagonal before vertical before global.

    >>> G, V, D = np.array([[[3.0, 1.0, 2.0]], [[-3.0, -1.0, -2.0]], [[-9.0, -5.0, -1.0]]])
    >>> categorise(G, V, D).tolist()
    [['global', 'vertical', 'diagonal']]
    """
    of_category = {"global": globalness, "vertical": verticality, "diagonal": diagonality}
    values = np.stack([of_category[category] for category in CATEGORIES])
    over_heads = values.reshape(*values.shape[:-2], -1)
    highest = np.argmin(competition_ranks(over_heads), axis=0).reshape(values.shape[1:])
    absent = np.isnan(values).any(axis=0)
    return np.where(absent, "", np.array(CATEGORIES)[highest])
