"""Heads of a layer merged: the heads of a cluster share one map, and their values and outputs are fitted to it."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from otoscope.refinement.head_selection import Head
from otoscope.refinement.layer_fit import NormalEquations, refit
from otoscope.refinement.reduction_method import ReductionDraft
from otoscope.refinement.surgery import blocks, keep_heads, shape_of
from otoscope.refinement.widths import LayerTargets

Clusters = Sequence[Sequence[int]]
"""Heads of a layer; the first one of each cluster represents it."""


@torch.no_grad()
def merge_heads(draft: ReductionDraft, targets: LayerTargets, layer: int, clusters: Clusters) -> list[Head]:
    """Merge the clusters of a layer in place, and return the heads that are gone."""
    encoder, parts, name = draft.encoder, draft.parts, targets.attention[layer]
    heads = draft.original.n_heads[layer]
    block = encoder.get_submodule(blocks(encoder, parts)[layer])
    query, key, value = (block.get_submodule(each) for each in parts.inputs)
    output = encoder.get_submodule(name)
    if len(clusters) == heads:
        return []
    if clusters:
        for projection in (query, key):
            _share_map(projection, clusters, heads)
        equations = targets.equations(encoder, name)
        _fit_values(value, output, clusters, equations, heads)
    remaining = [list(range(count)) for count in shape_of(encoder, parts).heads]
    remaining[layer] = sorted(cluster[0] for cluster in clusters)
    keep_heads(encoder, parts, remaining)
    targets.fit(encoder, name)
    return [(layer, head) for head in range(heads) if head not in remaining[layer]]


def _share_map(projection: Any, clusters: Clusters, heads: int) -> None:
    """Give all heads of a cluster the queries, or keys, of the one that represents it."""
    source = [next(cluster[0] for cluster in clusters if head in cluster) for head in range(heads)]
    for tensor in (projection.weight, projection.bias):
        if tensor is not None:
            by_head = tensor.unflatten(0, (heads, -1))
            tensor.copy_(by_head[source].flatten(0, 1))


def _fit_values(value: Any, output: Any, clusters: Clusters, equations: NormalEquations, heads: int) -> None:
    """Put the values and outputs of each cluster into those of its first head: reduced-rank regression."""
    size = len(value.weight) // heads
    wanted_io = refit(equations, output.weight).double().T
    for cluster in clusters:
        if len(cluster) > 1:
            rows = torch.tensor([head * size + feature for head in cluster for feature in range(size)])
            first = slice(cluster[0] * size, (cluster[0] + 1) * size)
            mix_if, output_fo = reduce_rank(equations.gram_ii[rows][:, rows], wanted_io[rows], size)
            value.weight[first] = (mix_if.T @ value.weight[rows].double()).to(value.weight)
            if value.bias is not None:
                value.bias[first] = (mix_if.T @ value.bias[rows].double()).to(value.bias)
            output.weight[:, first] = output_fo.T.to(output.weight)


def reduce_rank(gram_ii: Tensor, weight_io: Tensor, rank: int) -> tuple[Tensor, Tensor]:
    """Return factors `[i, rank]` and `[rank, o]` whose product gives outputs nearest to those of some weights.

    Args:
        gram_ii: products of the inputs, which say what is near.
        weight_io: the weights.
        rank: number of features between the factors.

    Examples:
        >>> mix, output = reduce_rank(torch.eye(2).double(), torch.tensor([[3.0, 0.0], [0.0, 1.0]]).double(), 1)
        >>> (mix @ output).round().abs().tolist()
        [[3.0, 0.0], [0.0, 0.0]]
    """
    _, vectors = torch.linalg.eigh(weight_io.T @ gram_ii @ weight_io)
    top_of = vectors[:, -rank:]
    return weight_io @ top_of, top_of.T
