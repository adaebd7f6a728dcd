"""Compute one layer's attention tile by tile, and the reductions that statistics require.

Axes: b utterance, h head, t frame, q query, k key, d feature. Memory grows linearly with the number of frames.
"""

import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from typing import Literal

import torch
from torch import Tensor

from otoscope.attention.inputs import AttentionInputs, AttentionOptions, SpanLimits
from otoscope.attention.kernels import plain_attention
from otoscope.attention.kernels.checks import (
    check_labels,
    check_names,
    check_out,
    check_radius,
    expand_bias,
    to_lengths,
)
from otoscope.attention.kernels.tile_reductions import Tile, Workspace
from otoscope.attention.reductions import (
    BY_OFFSET,
    LABEL_REDUCERS,
    TILE_REDUCERS,
    Reductions,
    empty_totals,
    finalize_totals,
)

TILE_QUERIES = 128
TILE_WEIGHTS = 2 * TILE_QUERIES * 3328  # at most, unless one head needs more: two heads of a minute at 50 Hz
FORBIDDEN = -1e30  # score of a key that may not be attended to: finite, so that 0 * FORBIDDEN is 0

Kernel = Callable[[AttentionInputs, frozenset[str], Tensor], Reductions]
"""Writes the context of one utterance `[T, H, d]` into a tensor and returns the requested reductions."""
KernelName = Literal["rows", "triton", "tiles"]
FUSED: dict[str, tuple[str, KernelName]] = {"cpu": ("numba", "rows"), "cuda": ("triton", "triton")}
"""The package and the name of the fused kernel of each type of device."""


@torch.no_grad()
def attend(
    query: Tensor, key: Tensor, value: Tensor, options: AttentionOptions, out: Tensor | None = None
) -> tuple[Tensor, list[Reductions]]:
    """Return the context of attention `A = softmax(scaling * query . key + bias)` and the requested reductions of A.

    Half precision is computed in float32. No gradients flow.

    Args:
        query, key, value: states of all heads, `[B, H, T, d]`.
        options: scaling, masks, spans and the requested reductions.
        out: tensor for the context.

    Returns:
        The context `[B, T, H, d]` in the query's dtype, 0 in the padding, and the reductions of each utterance.

    Raises:
        InputError: shapes or names are wrong.

    Examples:
        >>> q = torch.zeros(1, 1, 4, 2)
        >>> options = AttentionOptions(scaling=1.0, needs={"column_sum"})
        >>> context, [reductions] = attend(q, q, torch.ones(1, 1, 4, 2), options)
        >>> context.shape, reductions.column_sum.tolist()
        (torch.Size([1, 4, 1, 2]), [[1.0, 1.0, 1.0, 1.0]])
    """
    lengths = to_lengths(query, key, value, options.lengths)
    check_radius(options.radius)
    check_names(options.needs)
    check_labels(options.labels, lengths, options.needs)
    B, H, T, _ = query.shape
    bias_bhqk = None if options.bias is None else expand_bias(options.bias, query)
    context_bqhd = query.new_empty(B, T, H, value.shape[-1]) if out is None else out
    check_out(context_bqhd, (B, T, H, value.shape[-1]))
    needs, limits = frozenset(options.needs), _span_limits(T, options)
    reductions = []
    for b, length in enumerate(lengths):
        inputs = AttentionInputs(
            query_hqd=query[b, :, :length],
            key_hkd=key[b, :, :length],
            value_hkd=value[b, :, :length],
            scaling=options.scaling,
            bias_hqk=None if bias_bhqk is None else bias_bhqk[b],
            span=limits,
            labels=None if options.labels is None else options.labels[b],
        )
        is_plain = options.context_alone and not needs and plain_attention.supports_inputs(inputs)
        kernel = plain_attention.attend_plainly if is_plain else select_kernel(inputs, needs)
        reductions.append(kernel(inputs, needs, context_bqhd[b]))
    return context_bqhd, reductions


def _span_limits(length: int, options: AttentionOptions) -> SpanLimits:
    span, radius = (length if limit is None else min(limit, length) for limit in (options.span, options.radius))
    if options.renormalise:
        return SpanLimits(softmax_radius=min(span, radius), output_radius=length)
    return SpanLimits(softmax_radius=span, output_radius=radius)


def select_kernel(inputs: AttentionInputs, needs: frozenset[str]) -> Kernel:
    """Return the fused kernel of the device for calls that it supports, otherwise the torch kernel.

    Warns if the Triton kernel would support the call without one of the requested reductions.
    """
    kernel = fused_kernel(inputs.query_hqd.device)
    if kernel == "rows":
        from otoscope.attention.kernels import row_kernel

        return row_kernel.attend_in_rows if row_kernel.supports_inputs(inputs) else attend_in_tiles
    if kernel == "tiles":
        return attend_in_tiles
    from otoscope.attention.kernels import triton_attention

    if not triton_attention.supports_inputs(inputs):
        return attend_in_tiles
    if missing := needs - triton_attention.SUPPORTED_REDUCTIONS:
        warnings.warn(
            f"the Triton kernel does not compute {', '.join(sorted(missing))}; otoscope uses the slower torch kernel",
            RuntimeWarning,
            stacklevel=2,
        )
        return attend_in_tiles
    return triton_attention.attend_fused


def fused_kernel(device: torch.device) -> KernelName:
    """Return the kernel for a device: `rows` (numba) or `triton` where their package is installed, else `tiles`."""
    package, name = FUSED.get(device.type, ("", "tiles"))
    return name if package and _is_installed(package) else "tiles"


@cache
def _is_installed(package: str) -> bool:
    return find_spec(package) is not None


def _upcast(inputs: AttentionInputs) -> AttentionInputs:
    """Return the inputs in float64 if they are, otherwise in float32, with scaled queries."""
    query, key, value = (_to_working_dtype(states) for states in (inputs.query_hqd, inputs.key_hkd, inputs.value_hkd))
    return replace(inputs, query_hqd=query * inputs.scaling, key_hkd=key, value_hkd=value, scaling=1.0)


def _to_working_dtype(states: Tensor) -> Tensor:
    return states.to(torch.float64 if states.dtype == torch.float64 else torch.float32).contiguous()


def attend_in_tiles(inputs: AttentionInputs, needs: frozenset[str], context_qhd: Tensor) -> Reductions:
    """Compute one utterance tile by tile in plain torch, on any device: write the context, return the reductions."""
    H, T, _ = inputs.query_hqd.shape
    inputs = _upcast(inputs)
    space = _workspace(inputs, skew=not needs.isdisjoint(BY_OFFSET))
    totals = empty_totals(needs, H, space)
    rows = torch.full((H,), T, device=inputs.query_hqd.device)
    context_qhd[T:] = 0
    for tile in _tiles(inputs, space):
        _compute_weights(inputs, tile)
        if inputs.bias_hqk is not None:
            rows[tile.heads] -= _zero_masked_rows(tile)
        context_hqd = torch.bmm(tile.attention_hqk, inputs.value_hkd[tile.heads, tile.keys])
        context_qhd[tile.queries, tile.heads] = context_hqd.transpose(0, 1)
        for name, total in totals.items():
            (TILE_REDUCERS | LABEL_REDUCERS)[name](tile, total)
    labels = None if inputs.labels is None else inputs.labels.to(rows.device)
    return Reductions(length=T, rows=rows.clamp(min=1), labels=labels, **finalize_totals(totals, space))


def _workspace(inputs: AttentionInputs, skew: bool) -> Workspace:
    H, T, _ = inputs.query_hqd.shape
    n = min(T, TILE_QUERIES)
    keys = min(T, n + 2 * inputs.span.softmax_radius)
    h = max(1, min(H, TILE_WEIGHTS // (n * (keys + n - 1 if skew else keys))))
    return Workspace(T, heads=h, queries=n, keys=keys, skew=skew, template=inputs.query_hqd, labels=inputs.labels)


def _tiles(inputs: AttentionInputs, space: Workspace) -> Iterator[Tile]:
    H, T, _ = inputs.query_hqd.shape
    for start in range(0, H, space.heads):
        heads = slice(start, min(start + space.heads, H))
        for first in range(0, T, space.queries):
            queries = slice(first, min(first + space.queries, T))
            yield Tile(space, heads, queries, inputs.span.keys(queries, T), cut=inputs.span.output_radius < T)


def _compute_weights(inputs: AttentionInputs, tile: Tile) -> None:
    """Write the tile's scores and weights."""
    score = tile.score_hqk
    tile.padded_score[..., score.shape[-1] :] = -torch.inf
    torch.bmm(inputs.query_hqd[tile.heads, tile.queries], inputs.key_hkd[tile.heads, tile.keys].mT, out=score)
    if inputs.bias_hqk is not None:
        add_bias(score, inputs.bias_hqk[tile.heads, tile.queries, tile.keys])
    if inputs.span.softmax_radius < tile.space.length:
        score.masked_fill_(tile.distance_qk > inputs.span.softmax_radius, FORBIDDEN)
    torch.softmax(tile.padded_score, -1, out=tile.padded_attention)
    if tile.cut:
        tile.attention_hqk.masked_fill_(tile.distance_qk > inputs.span.output_radius, 0)


def add_bias(score: Tensor, bias: Tensor) -> None:
    """Add a bias to scores in place; forbidden keys get the score `FORBIDDEN`."""
    score += bias
    score.masked_fill_(bias <= torch.finfo(bias.dtype).min / 2, FORBIDDEN)


def _zero_masked_rows(tile: Tile) -> Tensor:
    """Set the weights of queries without any allowed key to zero; return the number of these queries, `[h]`."""
    is_masked_hq = tile.score_hqk.amax(-1) <= FORBIDDEN / 2
    tile.attention_hqk.masked_fill_(is_masked_hq[..., None], 0)
    return is_masked_hq.sum(-1)
