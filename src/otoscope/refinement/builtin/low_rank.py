"""Low rank of the query-key and value-output products: fewer features in every head, by a decomposition on speech."""

from typing import Any

import torch
from torch import Tensor

from otoscope.errors import InputError
from otoscope.refinement.budget import SMALLEST_COST
from otoscope.refinement.head_selection import Head
from otoscope.refinement.layer_fit import FitSample, linear_inputs
from otoscope.refinement.macs import ATTENTION, PROJECTIONS
from otoscope.refinement.modeling import refined_encoder
from otoscope.refinement.reduction_method import ReductionDraft, ReductionMethod
from otoscope.refinement.surgery import blocks, resize_heads, shape_of
from otoscope.refinement.widths import LayerTargets, make_targets

JITTER = 1e-6  # of the mean square, so that a factor of Cholesky exists


def apply(draft: ReductionDraft) -> list[Head]:
    """Lower the number of features of every head of a draft; no head goes."""
    draft.original.check_heads()
    rank = affordable_rank(draft)
    targets = make_targets(draft)
    for layer, heads in enumerate(draft.original.n_heads):
        if heads:
            _reduce_layer(draft, targets, layer, rank)
    return []


def affordable_rank(draft: ReductionDraft) -> int:
    """Return the most features of a head that a budget allows.

    Raises:
        InputError: not even one, or the family has a fixed number.
    """
    if not draft.parts.size:
        raise InputError(f"{draft.original.name} has heads of a fixed size; choose another --method")
    size = max(shape_of(draft.encoder, draft.parts).sizes or [0])
    whole, of_heads = _shares(draft, size)
    fixed = whole - of_heads
    rank = int(size * (draft.budget - fixed) / of_heads + 1e-9)
    if rank < 1:
        raise draft.unreachable(fixed + of_heads / size, "but one feature of each head")
    return min(rank, size)


def _shares(draft: ReductionDraft, size: int) -> tuple[float, float]:
    """Return the share of the costs of the original that the draft has, and that its heads of a size have."""
    if draft.latency is None:
        macs = draft.macs()
        of_heads = macs[PROJECTIONS] + macs[ATTENTION]
        return sum(macs.values()) / draft.original_macs, of_heads / draft.original_macs
    half = [size // 2] * draft.original.n_layers
    whole = draft.latency_without("nothing")
    saved = whole - draft.latency_without(
        "half of the features of heads", lambda model: resize_heads(refined_encoder(model), draft.parts, half)
    )
    return whole, max(saved * size / (size - size // 2), SMALLEST_COST)


@torch.no_grad()
def _reduce_layer(draft: ReductionDraft, targets: LayerTargets, layer: int, rank: int) -> None:
    encoder, parts, heads = draft.encoder, draft.parts, draft.original.n_heads[layer]
    name = blocks(encoder, parts)[layer]
    projections = [encoder.get_submodule(f"{name}.{each}") for each in parts.inputs]
    output = encoder.get_submodule(f"{name}.{parts.output}")
    moments = [_moments(encoder, f"{name}.{each}", targets.sample, heads) for each in parts.inputs[:2]]
    contexts = [each[0] for each in linear_inputs(encoder, [f"{name}.{parts.output}"], targets.sample)]
    gram_hdd = torch.stack([_head_grams(each, heads) for each in contexts]).sum(0)
    for head in range(heads):
        rows = slice(head * len(gram_hdd[head]), (head + 1) * len(gram_hdd[head]))
        for projection, mix_dr in zip(projections[:2], factor_product(moments[0][head], moments[1][head]), strict=True):
            _mix_rows(projection, rows, mix_dr[:, :rank])
        mix_dr, output_ro = factor_output(gram_hdd[head], output.weight[:, rows].double().T)
        _mix_rows(projections[2], rows, mix_dr[:, :rank])
        output.weight[:, rows.start : rows.start + rank] = output_ro[:rank].T.to(output.weight)
    sizes = list(shape_of(encoder, parts).sizes or [])
    resize_heads(encoder, parts, [rank if at == layer else size for at, size in enumerate(sizes)])
    targets.fit(encoder, targets.attention[layer])


def _moments(encoder: Any, name: str, sample: FitSample, heads: int) -> Tensor:
    """Return products of the outputs of a projection `[H, d, d]`, over the frames of some speech."""
    linear = encoder.get_submodule(name)
    inputs = [each[0] for each in linear_inputs(encoder, [name], sample)]
    weight, bias = linear.weight.double(), None if linear.bias is None else linear.bias.double()
    return torch.stack([_head_grams(torch.nn.functional.linear(x, weight, bias), heads) for x in inputs]).sum(0)


def _head_grams(states_nd: Tensor, heads: int) -> Tensor:
    by_head = states_nd.reshape(len(states_nd), heads, -1).transpose(0, 1)
    return by_head.transpose(1, 2) @ by_head


def factor_product(query_dd: Tensor, key_dd: Tensor) -> tuple[Tensor, Tensor]:
    """Return mixes of the features of queries and keys, `[d, d]` each: the first ones give most of their products.

    The mean square of `q . k - q' . k'` over independent queries and keys is the least for each number of features.

    Args:
        query_dd, key_dd: products of queries with queries and of keys with keys, over frames.
    """
    query_root, key_root = _root(query_dd), _root(key_dd)
    left, values, right = torch.linalg.svd(query_root @ key_root.T)
    scale = values.sqrt()
    return torch.linalg.solve(query_root, left * scale), torch.linalg.solve(key_root, right.T * scale)


def factor_output(context_dd: Tensor, weight_do: Tensor) -> tuple[Tensor, Tensor]:
    """Return a mix of the features of contexts `[d, d]` and output weights `[d, o]` for it, the most important first.

    Args:
        context_dd: products of contexts with contexts, over frames.
        weight_do: weights from contexts to outputs.
    """
    root = _root(context_dd)
    left, values, right = torch.linalg.svd(root @ weight_do, full_matrices=False)
    return torch.linalg.solve(root, left), values[:, None] * right


def _root(gram_dd: Tensor) -> Tensor:
    """Return the upper factor of Cholesky."""
    jitter = JITTER * gram_dd.diagonal().mean() * torch.eye(len(gram_dd), dtype=gram_dd.dtype)
    root: Tensor = torch.linalg.cholesky(gram_dd + jitter).T
    return root


def _mix_rows(projection: Any, rows: slice, mix_dr: Tensor) -> None:
    """Replace the first rows of a head by mixes of all of its rows."""
    first = range(rows.start, rows.start + mix_dr.shape[1])
    for tensor in (projection.weight, projection.bias):
        if tensor is not None:
            tensor[first.start : first.stop] = (mix_dr.T @ tensor[rows].double()).to(tensor)


METHOD = ReductionMethod(
    name="low-rank",
    doc="Gives every head fewer features: low rank of its query-key and value-output products, on speech.",
    source="truncated singular value decomposition, weighted by the states of the speech",
    apply=apply,
    knows_latency=True,
)
