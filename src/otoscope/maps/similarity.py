"""How alike the maps of two heads are: `cos(A, B) = <A, B> / (|A| |B|)` over all their weights.

1 where both attend alike: one of two such heads is redundant, and a later layer could use the map of an earlier one
again, as Xiao et al. 2019 (arXiv 1906.11024) and Shim, Choi and Sung 2022 (ICLR) do. The cosine, which needs no more
than sums of products, is otoscope's choice. Axes: l layer, h head, n head of any layer, q query, k key.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from otoscope.errors import InputError

Floats = npt.NDArray[np.floating]

BLOCK = 1 << 22  # weights held in full precision at once


def similarity(maps: Sequence[npt.ArrayLike] | npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Cosine of every two heads of a model, `[L, H, L, H]`, from their maps of one utterance.

    Args:
        maps: maps `[H, T, T]` of each layer, in any precision; heads that a layer lacks are NaN, and so are they in
            what is returned.

    Examples:
        >>> similarity([[np.eye(2), np.full((2, 2), 0.5)]])[0, 0, 0].round(3).tolist()
        [1.0, 0.707]
    """
    attn_lhqk = np.asarray(maps)
    L, H, T, _ = attn_lhqk.shape
    attn_nqk = attn_lhqk.reshape(L * H, T, T)
    step = max(1, BLOCK // (L * H * T))
    gram_nn = np.zeros((L * H, L * H))
    for start in range(0, T, step):
        block = attn_nqk[:, start : start + step].reshape(L * H, -1).astype(np.float64)
        gram_nn += block @ block.T
    norm_n = np.sqrt(gram_nn.diagonal())
    return (gram_nn / np.outer(norm_n, norm_n)).reshape(L, H, L, H)


def layer_reuse(similar_lhlh: Floats) -> npt.NDArray[np.float64]:
    """How well each layer could do with the maps of another, `[L, L]` (layer, other layer).

    The mean, over the heads of a layer, of the similarity to the head of the other that is most like it.

    Examples:
        >>> layer_reuse(similarity([[np.eye(2)], [np.full((2, 2), 0.5)]])).round(3).tolist()
        [[1.0, 0.707], [0.707, 1.0]]
    """
    most = np.nan_to_num(similar_lhlh, nan=-np.inf).max(axis=3)  # [L, H, other L]
    present = np.isfinite(most)
    count = present.sum(axis=1)
    return np.divide(np.where(present, most, 0).sum(axis=1), count, out=np.full(count.shape, np.nan), where=count > 0)


def most_similar(similar_lhlh: Floats) -> pd.DataFrame:
    """One row per head: the other head that is most like it, and how like it the others of its layer are on the mean.

    Returns:
        `layer`, `head`, `similar_layer`, `similar_head`, `similarity` and `within_layer` (NaN in a layer of one head).

    Raises:
        InputError: a model of one head.

    Examples:
        >>> like = similarity([[np.eye(2), np.full((2, 2), 0.5)], [np.eye(2), [[1.0, 0.0], [1.0, 0.0]]]])
        >>> most_similar(like).round(3).iloc[0].to_dict()
        {'layer': 0.0, 'head': 0.0, 'similar_layer': 1.0, 'similar_head': 0.0, 'similarity': 1.0, 'within_layer': 0.707}
    """
    L, H = similar_lhlh.shape[:2]
    others_nn = similar_lhlh.reshape(L * H, L * H).copy()
    present = np.flatnonzero(~np.isnan(others_nn.diagonal()))
    if len(present) < 2:
        raise InputError("a model of one head has no others to compare it with")
    np.fill_diagonal(others_nn, np.nan)
    return pd.DataFrame([_most_similar(others_nn[n].reshape(L, H), *divmod(int(n), H)) for n in present])


def _most_similar(others_lh: Floats, layer: int, head: int) -> dict[str, float]:
    similar_layer, similar_head = np.unravel_index(np.nanargmax(others_lh), others_lh.shape)
    beside = others_lh[layer][~np.isnan(others_lh[layer])]
    return {
        "layer": layer,
        "head": head,
        "similar_layer": int(similar_layer),
        "similar_head": int(similar_head),
        "similarity": float(others_lh[similar_layer, similar_head]),
        "within_layer": float(beside.mean()) if len(beside) else np.nan,
    }
