"""One layer's attention in tiles, and on the way the reductions that statistics ask for.

Axes: b utterance, h head, q query, k key, d feature. Memory grows linearly with the number of frames.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache
from importlib.util import find_spec

import torch
from torch import Tensor

from otoscope.attention.inputs import AttentionInputs, SpanLimits
from otoscope.attention.kernels.tile import Tile, Workspace
from otoscope.attention.labels import Labels
from otoscope.attention.reductions import (
    BY_OFFSET,
    LABEL_REDUCERS,
    REQUIRES_LABELS,
    TILE_REDUCERS,
    Reductions,
    empty_totals,
    finalize_totals,
)
from otoscope.errors import InputError

TILE_QUERIES = 128
TILE_WEIGHTS = 2 * TILE_QUERIES * 3328  # at most, unless one head needs more: two heads of a minute at 50 Hz
FORBIDDEN = -1e30  # score of a key that may not be attended to: finite, so that 0 * FORBIDDEN is 0


@torch.no_grad()
def attend(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    *,
    scaling: float,
    lengths: Sequence[int] | Tensor | None = None,
    bias: Tensor | None = None,
    radius: int | None = None,
    renormalise: bool = True,
    span: int | None = None,
    needs: Collection[str] = frozenset(),
    labels: Sequence[Labels] | None = None,
    out: Tensor | None = None,
) -> tuple[Tensor, list[Reductions]]:
    """Attention `A = softmax(scaling * query . key + bias)` of one layer: its context and what `needs` names of A.

    `query`, `key`, `value` are `[B, H, T, d]`; the context is `[B, T, H, d]` in the query's dtype, written into `out`
    if given. `lengths [B]` counts each utterance's valid frames (padding on the right): the rest is never read, and its
    context is 0. `bias` broadcasts to `[B, H, T, T]` and is added to the scores; where it is -inf (or its dtype's
    minimum) a key is forbidden, and a query whose keys are all forbidden attends to nothing. `radius` keeps only the
    keys within that many frames of the query; rows are normalised over those, or with `renormalise=False` over all keys
    before the others are cut. `span` is the model's own: keys beyond it do not exist, whatever `radius` is. `needs`
    names fields of `Reductions`; what is not named is not computed. `labels` are the phones of each utterance's valid
    frames, for the reductions that need them.

    Half precision is computed in float32. No gradients flow. Raises `InputError` where shapes or names do not fit.

    >>> q = torch.zeros(1, 1, 4, 2)
    >>> context, [r] = attend(q, q, torch.ones(1, 1, 4, 2), scaling=1.0, needs={"column_sum"})
    >>> context.shape, r.column_sum.tolist()
    (torch.Size([1, 4, 1, 2]), [[1.0, 1.0, 1.0, 1.0]])
    """
    valid = _checked_lengths(query, key, value, lengths)
    _check_options(radius, needs)
    _check_labels(labels, valid, needs)
    full_bias = None if bias is None else _checked_bias(bias, query)
    B, H, T, _ = query.shape
    context_bqhd = query.new_empty(B, T, H, value.shape[-1]) if out is None else out
    if context_bqhd.shape != (B, T, H, value.shape[-1]):
        raise InputError(f"out must be [{B}, {T}, {H}, {value.shape[-1]}]; got {list(context_bqhd.shape)}")
    whole, near = (T if limit is None else min(limit, T) for limit in (span, radius))
    tiles = (
        SpanLimits(softmax_radius=min(whole, near), output_radius=T)
        if renormalise
        else SpanLimits(softmax_radius=whole, output_radius=near)
    )
    reductions = []
    for b, length in enumerate(valid):
        layer = AttentionInputs(
            query_hqd=query[b, :, :length],
            key_hkd=key[b, :, :length],
            value_hkd=value[b, :, :length],
            scaling=scaling,
            bias_hqk=None if full_bias is None else full_bias[b],
            span=tiles,
            labels=None if labels is None else labels[b],
        )
        way = _select_kernel(layer, frozenset(needs))
        reductions.append(way(layer, frozenset(needs), context_bqhd[b]))
    return context_bqhd, reductions


def _select_kernel(
    layer: AttentionInputs, needs: frozenset[str]
) -> Callable[[AttentionInputs, frozenset[str], Tensor], Reductions]:
    """Triton's two passes on a CUDA device, where they know all that is asked; tiles in plain torch elsewhere."""
    if layer.query_hqd.is_cuda and _triton_is_installed():
        from otoscope.attention.kernels.triton_attention import attend_fused, supports

        if supports(layer, needs):
            return attend_fused
    return attend_in_tiles


@cache
def _triton_is_installed() -> bool:
    return find_spec("triton") is not None


def _upcast(layer: AttentionInputs) -> AttentionInputs:
    """The same in float32 or, where it is that, float64; its queries scaled."""
    query, key, value = (_to_working_dtype(states) for states in (layer.query_hqd, layer.key_hkd, layer.value_hkd))
    return replace(layer, query_hqd=query * layer.scaling, key_hkd=key, value_hkd=value, scaling=1.0)


def _to_working_dtype(states: Tensor) -> Tensor:
    return states.to(torch.float64 if states.dtype == torch.float64 else torch.float32).contiguous()


def attend_in_tiles(layer: AttentionInputs, needs: frozenset[str], context_qhd: Tensor) -> Reductions:
    """One utterance, tile by tile in plain torch on any device: writes the context, gives the reductions."""
    H, T, _ = layer.query_hqd.shape
    layer = _upcast(layer)
    space = _workspace(layer, skew=not needs.isdisjoint(BY_OFFSET))
    totals = empty_totals(needs, H, space)
    rows = torch.full((H,), T, device=layer.query_hqd.device)
    context_qhd[T:] = 0
    for tile in _tiles(layer, space):
        _compute_weights(layer, tile)
        if layer.bias_hqk is not None:
            rows[tile.heads] -= _zero_masked_rows(tile)
        context_hqd = torch.bmm(tile.attention_hqk, layer.value_hkd[tile.heads, tile.keys])
        context_qhd[tile.queries, tile.heads] = context_hqd.transpose(0, 1)
        for need, total in totals.items():
            (TILE_REDUCERS | LABEL_REDUCERS)[need](tile, total)
    labels = None if layer.labels is None else layer.labels.to(rows.device)
    return Reductions(length=T, rows=rows.clamp(min=1), labels=labels, **finalize_totals(totals, space))


def _workspace(layer: AttentionInputs, skew: bool) -> Workspace:
    H, T, _ = layer.query_hqd.shape
    n = min(T, TILE_QUERIES)
    keys = min(T, n + 2 * layer.span.softmax_radius)
    h = max(1, min(H, TILE_WEIGHTS // (n * (keys + n - 1 if skew else keys))))
    return Workspace(T, heads=h, queries=n, keys=keys, skew=skew, like=layer.query_hqd, labels=layer.labels)


def _tiles(layer: AttentionInputs, space: Workspace) -> Iterator[Tile]:
    H, T, _ = layer.query_hqd.shape
    for start in range(0, H, space.heads):
        heads = slice(start, min(start + space.heads, H))
        for first in range(0, T, space.queries):
            queries = slice(first, min(first + space.queries, T))
            yield Tile(space, heads, queries, layer.span.keys(queries, T), cut=layer.span.output_radius < T)


def _compute_weights(layer: AttentionInputs, tile: Tile) -> None:
    """Write the tile's scores and weights."""
    score = tile.score_hqk
    tile.padded_score[..., score.shape[-1] :] = -torch.inf
    torch.bmm(layer.query_hqd[tile.heads, tile.queries], layer.key_hkd[tile.heads, tile.keys].mT, out=score)
    if layer.bias_hqk is not None:
        _add_bias(score, layer.bias_hqk[tile.heads, tile.queries, tile.keys])
    if layer.span.softmax_radius < tile.space.length:
        score.masked_fill_(tile.distance_qk > layer.span.softmax_radius, FORBIDDEN)
    torch.softmax(tile.padded_score, -1, out=tile.padded_attention)
    if tile.cut:
        tile.attention_hqk.masked_fill_(tile.distance_qk > layer.span.output_radius, 0)


def _add_bias(score: Tensor, bias: Tensor) -> None:
    score += bias
    score.masked_fill_(bias <= torch.finfo(bias.dtype).min / 2, FORBIDDEN)


def _zero_masked_rows(tile: Tile) -> Tensor:
    """Take away the weights of queries that have no key left; how many those are, `[h]`."""
    unattended_hq = tile.score_hqk.amax(-1) <= FORBIDDEN / 2
    tile.attention_hqk.masked_fill_(unattended_hq[..., None], 0)
    return unattended_hq.sum(-1)


def _checked_lengths(query: Tensor, key: Tensor, value: Tensor, lengths: Sequence[int] | Tensor | None) -> list[int]:
    if query.ndim != 4 or query.shape != key.shape or query.shape[:3] != value.shape[:3]:
        shapes = ", ".join(str(tuple(t.shape)) for t in (query, key, value))
        raise InputError(f"query, key and value must be [B, H, T, d] with the same B, H, T; got {shapes}")
    B, _, T, _ = query.shape
    valid = [T] * B if lengths is None else [int(length) for length in lengths]
    if len(valid) != B or not all(1 <= length <= T for length in valid):
        raise InputError(f"lengths must be {B} numbers from 1 to {T}, one per utterance; got {valid}")
    return valid


def _check_options(radius: int | None, needs: Collection[str]) -> None:
    known = {*TILE_REDUCERS, *REQUIRES_LABELS}
    if unknown := set(needs) - known:
        raise InputError(f"no reduction is named {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    if radius is not None and radius < 0:
        raise InputError(f"radius must be 0 or more frames; got {radius}")


def _check_labels(labels: Sequence[Labels] | None, valid: list[int], needs: Collection[str]) -> None:
    if labels is None:
        if missing := sorted(set(needs) & REQUIRES_LABELS):
            raise InputError(f"{', '.join(missing)} need the phone of every frame; give labels")
    elif [len(one) for one in labels] != valid:
        raise InputError(
            f"labels must be of {valid} frames, one for each utterance; got {[len(one) for one in labels]}"
        )


def _checked_bias(bias: Tensor, query: Tensor) -> Tensor:
    if not bias.is_floating_point():
        raise InputError(f"bias must be floating point, with -inf at forbidden keys; got {bias.dtype}")
    B, H, T, _ = query.shape
    try:
        return bias.expand(B, H, T, T)
    except RuntimeError:
        raise InputError(f"bias must broadcast to [{B}, {H}, {T}, {T}]; got {list(bias.shape)}") from None
