"""Merge similar heads and similar feed-forward units, by clustering and least squares, instead of deleting them."""

from collections.abc import Sequence

import numpy as np
import torch
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.errors import InputError
from otoscope.models.capture import forward_inputs
from otoscope.models.head_gates import context
from otoscope.refinement.head_merge import merge_heads
from otoscope.refinement.head_selection import Head
from otoscope.refinement.layer_fit import linear_inputs
from otoscope.refinement.reduction_method import ReductionDraft, ReductionMethod
from otoscope.refinement.surgery import keep_units
from otoscope.refinement.widths import LayerTargets, WidthPlan, make_targets, plan_widths
from otoscope.typing import Floats


def apply(draft: ReductionDraft) -> list[Head]:
    """Merge heads and units of a draft, and return the heads that are gone."""
    if max(draft.original.n_heads) < 2:
        raise InputError(f"expected a layer with two heads or more to merge, found none in {draft.original.name}")
    plan, targets = plan_widths(draft), make_targets(draft)
    similarity = map_similarity(draft)
    gone = []
    for layer, heads in enumerate(plan.heads):
        clusters = cluster(similarity[layer], len(heads), plan.head_scores[layer])
        gone += merge_heads(draft, targets, layer, clusters)
        _merge_units(draft, targets, plan, layer)
    return sorted(gone)


def cluster(similarity: Floats, count: int, scores: Floats) -> list[list[int]]:
    """Return clusters of similar items, average linkage; the first item of each represents it.

    Args:
        similarity: of each pair `[n, n]`, 1 for equal ones.
        count: number of clusters.
        scores: what each item is worth `[n]`, or more; the representative is most similar to what is worth most.

    Examples:
        >>> similarity = np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.1], [0.0, 0.1, 1.0]])
        >>> sorted(cluster(similarity, 2, np.array([1.0, 2.0, 1.0])))
        [[1, 0], [2]]
    """
    if not count or not len(similarity):
        return []
    if count >= len(similarity):
        return [[item] for item in range(len(similarity))]
    distances = squareform(np.clip(1 - similarity, 0, None), checks=False)
    labels = fcluster(linkage(distances, "average"), count, "maxclust")
    groups = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    return [_representative_first(group, similarity, scores) for group in groups]


def _representative_first(group: np.ndarray, similarity: Floats, scores: Floats) -> list[int]:
    worth = similarity[np.ix_(group, group)] @ scores[group]
    first = int(group[worth.argmax()])
    return [first, *(int(item) for item in group if item != first)]


@torch.no_grad()
def map_similarity(draft: ReductionDraft) -> list[Floats]:
    """Return the cosine of the attention maps of every two heads of a layer, `[H, H]` of each layer."""
    encoder = draft.original
    grams = [torch.zeros(heads, heads, dtype=torch.float64) for heads in encoder.n_heads]

    def handler(call: AttentionCall) -> Tensor:
        grams[call.layer] += _map_products(call)
        return context(call)

    for batch in draft.sample.batches:
        forward_inputs(encoder, batch.inputs, handler)
    norms = [gram.diagonal().sqrt() for gram in grams]
    return [(gram / torch.outer(norm, norm)).numpy() for gram, norm in zip(grams, norms, strict=True)]


def _map_products(call: AttentionCall) -> Tensor:
    """Return the sum of products of the maps of every two heads, `[H, H]`, over the real frames of all utterances."""
    scores_bhqk = call.scaling * call.query_bhtd @ call.key_bhtd.transpose(-1, -2)
    if call.bias_bhqk is not None:
        scores_bhqk = scores_bhqk + call.bias_bhqk
    products = call.query_bhtd.new_zeros(call.query_bhtd.shape[1], call.query_bhtd.shape[1], dtype=torch.float64)
    for scores_hqk, length in zip(scores_bhqk, call.lengths, strict=True):
        flat_hx = scores_hqk[:, :length, :length].softmax(-1).flatten(1)
        products += (flat_hx @ flat_hx.T).double()
    return products


@torch.no_grad()
def _merge_units(draft: ReductionDraft, targets: LayerTargets, plan: WidthPlan, layer: int) -> None:
    """Leave one unit of each cluster of units with similar activations, and fit what they give together."""
    name = targets.feed_forward[layer]
    clusters = cluster(_unit_similarity(draft, targets, name), len(plan.units[layer]), plan.unit_scores[layer])
    remaining: list[Sequence[int]] = [range(len(each)) for each in plan.unit_scores]
    remaining[layer] = sorted(items[0] for items in clusters)
    keep_units(draft.encoder, draft.parts, remaining)
    targets.fit(draft.encoder, name)


def _unit_similarity(draft: ReductionDraft, targets: LayerTargets, name: str) -> Floats:
    """Return the correlation of the activations of every two units, `[U, U]`; 0 for units that are constant."""
    rows = [each[0] for each in linear_inputs(draft.encoder, [name], targets.sample)]
    return np.nan_to_num(np.corrcoef(torch.cat(rows).numpy(), rowvar=False))


METHOD = ReductionMethod(
    name="merge",
    doc="Merges heads with similar maps and units with similar activations, by clustering and least squares.",
    source="after Interspeech 2026, paper 1010; counts of each layer as in `widths`",
    apply=apply,
    knows_latency=True,
)
