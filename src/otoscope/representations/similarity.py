"""Linear centered kernel alignment (CKA) of representations, from sums over utterances.

HSIC of the frames of each utterance is estimated without bias (Song et al. 2012, JMLR 13), and sums
over utterances estimate CKA of the corpus from small batches (Nguyen, Raghu and Kornblith 2021, arXiv 2010.15327).
Sums have no size that grows with the corpus beyond a number for each pair and utterance.

Axes: r representation, t frame, d feature, u utterance.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from otoscope.results.intervals import Estimate, estimate
from otoscope.statistics.clusters import Clusters, group_sums
from otoscope.typing import AnyFloats, Floats

MAX_FRAMES = 128  # of an utterance, evenly spread: the cost is quadratic in them
MIN_FRAMES = 4  # the estimate without bias needs more than three


def pairwise_hsic(representations: Sequence[Tensor]) -> Floats:
    """Return the unbiased estimate of HSIC of each two representations of the same frames, `[r, r]`.

    `HSIC(K, L) = (tr(K L) + sum K sum L / ((n-1)(n-2)) - 2/(n-2) 1' K L 1) / (n (n-3))`, with `K = X X'` without its
    diagonal (Song et al. 2012, equation 5).

    Args:
        representations: `[T, d]` each, of the same T. At most `MAX_FRAMES` frames are used; NaN below four.

    >>> x = torch.eye(5)[:, :2]
    >>> bool(np.isclose(*pairwise_hsic([x, 2 * x])[0] * [4, 1]))
    True
    """
    frames = len(representations[0])
    if frames < MIN_FRAMES:
        return np.full((len(representations), len(representations)), np.nan)
    rows = np.unique(np.linspace(0, frames - 1, min(frames, MAX_FRAMES)).round().astype(int))
    grams = torch.stack([_gram(each[rows]) for each in representations])
    n = len(rows)
    row_sums_rt = grams.sum(-1)
    sums_r = row_sums_rt.sum(-1)
    flat = grams.flatten(1)
    total = flat @ flat.T + torch.outer(sums_r, sums_r) / ((n - 1) * (n - 2))
    hsic: Floats = ((total - 2 / (n - 2) * row_sums_rt @ row_sums_rt.T) / (n * (n - 3))).numpy()
    return hsic


def _gram(states_td: Tensor) -> Tensor:
    """Return products of frames without the diagonal, in float64, of features with a mean of zero."""
    centred = states_td.double() - states_td.double().mean(0)
    gram = centred @ centred.T
    return gram.fill_diagonal_(0)


def cka(hsic_rr: AnyFloats) -> AnyFloats:
    """Return CKA `[..., r, r]` of sums of HSIC.

    >>> cka(np.array([[4.0, 1.0], [1.0, 1.0]])).tolist()
    [[1.0, 0.5], [0.5, 1.0]]
    """
    own = np.diagonal(hsic_rr, axis1=-2, axis2=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(hsic_rr / np.sqrt(own[..., :, None] * own[..., None, :]))


def cka_estimate(hsic_urr: AnyFloats, clusters: Clusters) -> Estimate:
    """Return CKA of the corpus with replicates without each cluster; utterances without a value do not count."""
    return estimate(cka, clusters.key, group_sums(np.nan_to_num(hsic_urr), clusters))


def align_in_time(states_td: Tensor, centres: AnyFloats, times: AnyFloats) -> Tensor:
    """Return the states nearest to some times, from states at `centres`, both in seconds."""
    right = np.searchsorted((centres[1:] + centres[:-1]) / 2, times)
    return states_td[right]
