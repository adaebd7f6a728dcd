"""Compare the maps of heads by their cosine, `cos(A, B) = <A, B> / (|A| |B|)` over all weights.

It is 1 for equal maps: one of two such heads is redundant, and a later layer could reuse the map of an earlier one, as
in Xiao et al. 2019 (arXiv 1906.11024) and Shim, Choi and Sung 2022 (ICLR). otoscope chose the cosine because it needs
only sums of products.

Axes: l layer, h head, n head of any layer, q query, k key.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from otoscope.errors import InputError
from otoscope.typing import AnyFloats, Floats

BLOCK_WEIGHTS = 1 << 22  # weights that are in float64 at a time


def similarity(maps: Sequence[npt.ArrayLike] | AnyFloats) -> Floats:
    """Return the cosine of every two heads of a model.

    Args:
        maps: maps `[H, T, T]` (query, key) of one utterance, of each layer, in any precision; heads that a layer lacks
            are NaN.

    Returns:
        `[L, H, L, H]`, NaN for heads that a layer lacks.

    Examples:
        >>> similarity([[np.eye(2), np.full((2, 2), 0.5)]])[0, 0, 0].round(3).tolist()
        [1.0, 0.707]
    """
    attn_lhqk = np.asarray(maps)
    L, H, T, _ = attn_lhqk.shape
    attn_nqk = attn_lhqk.reshape(L * H, T, T)
    step = max(1, BLOCK_WEIGHTS // (L * H * T))
    gram_nn = np.zeros((L * H, L * H))
    for start in range(0, T, step):
        block = attn_nqk[:, start : start + step].reshape(L * H, -1).astype(np.float64)
        gram_nn += block @ block.T
    norm_n = np.sqrt(gram_nn.diagonal())
    return (gram_nn / np.outer(norm_n, norm_n)).reshape(L, H, L, H)


def layer_reuse(similarity_lhlh: AnyFloats) -> Floats:
    """Return how similar each layer is to its best substitutes in another layer.

    Args:
        similarity_lhlh: what `similarity` returns, `[L, H, L, H]`.

    Returns:
        `[L, L]` (layer, other layer): the mean over the heads of a layer of the similarity to the most similar head of
        the other layer; NaN for layers without heads.

    Examples:
        >>> layer_reuse(similarity([[np.eye(2)], [np.full((2, 2), 0.5)]])).round(3).tolist()
        [[1.0, 0.707], [0.707, 1.0]]
    """
    best_lhl = np.nan_to_num(similarity_lhlh, nan=-np.inf).max(axis=3)
    present_lhl = np.isfinite(best_lhl)
    count_ll = present_lhl.sum(axis=1)
    sum_ll = np.where(present_lhl, best_lhl, 0).sum(axis=1)
    return np.divide(sum_ll, count_ll, out=np.full(count_ll.shape, np.nan), where=count_ll > 0)


def most_similar(similarity_lhlh: AnyFloats) -> pd.DataFrame:
    """Return the most similar other head of each head, and its mean similarity to the others of its layer.

    Args:
        similarity_lhlh: what `similarity` returns, `[L, H, L, H]`.

    Returns:
        One row per head: `layer`, `head`, `similar_layer`, `similar_head`, `similarity` and `within_layer` (NaN in a
        layer of one head).

    Raises:
        InputError: the model has fewer than two heads.

    Examples:
        >>> cosines = similarity([[np.eye(2), np.full((2, 2), 0.5)], [np.eye(2), [[1.0, 0.0], [1.0, 0.0]]]])
        >>> most_similar(cosines).round(3).iloc[0].to_dict()
        {'layer': 0.0, 'head': 0.0, 'similar_layer': 1.0, 'similar_head': 0.0, 'similarity': 1.0, 'within_layer': 0.707}
    """
    L, H = similarity_lhlh.shape[:2]
    others_nn = similarity_lhlh.reshape(L * H, L * H).copy()
    present = np.flatnonzero(~np.isnan(others_nn.diagonal()))
    if len(present) < 2:
        raise InputError(f"expected a model with two heads or more to compare, found {len(present)}")
    np.fill_diagonal(others_nn, np.nan)
    return pd.DataFrame([_similar_head_row(others_nn[n].reshape(L, H), *divmod(int(n), H)) for n in present])


def _similar_head_row(others_lh: AnyFloats, layer: int, head: int) -> dict[str, float]:
    similar_layer, similar_head = np.unravel_index(np.nanargmax(others_lh), others_lh.shape)
    same_layer = others_lh[layer][~np.isnan(others_lh[layer])]
    return {
        "layer": layer,
        "head": head,
        "similar_layer": int(similar_layer),
        "similar_head": int(similar_head),
        "similarity": float(others_lh[similar_layer, similar_head]),
        "within_layer": float(same_layer.mean()) if len(same_layer) else np.nan,
    }
