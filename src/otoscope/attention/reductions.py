"""What statistics need of an attention map, each gathered tile by tile so that no whole map is ever kept.

Axes: h head, q query, k key, j signed offset, y phone, z run of one phone. A new reduction is one field of
`Reductions`, one small function and one row of `TILE_REDUCERS`, or of `LABEL_REDUCERS` where it needs the phone of each frame.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from otoscope.attention.kernels.tile import Tile, Workspace
from otoscope.attention.labels import LabelBlock, Labels


@dataclass(frozen=True, eq=False)
class Reductions:
    """Sums over one utterance's attention map `A [H, T, T]`, T = `length`; None where not asked for.

    `rows [H]` counts the queries that attend to anything (all of them, but for rows that a mask forbids entirely).
    Distances and offsets are in frames, entropies in nats.
    """

    length: int
    rows: Tensor
    row_entropy: Tensor | None = None  # [H, T]         -sum_k A ln A
    row_max: Tensor | None = None  # [H, T]             max_k A
    column_sum: Tensor | None = None  # [H, T]          sum_q A
    offset_histogram: Tensor | None = None  # [H, 2T-1] sum_q A[q, q + d] at T - 1 + d
    scaled_histogram: Tensor | None = None  # [H, 2T-1] the same of A / max_k |q - k| (over 1 in an utterance of 1)
    label_mass: Tensor | None = None  # [H, Y, Y]       S^T A S, S [T, Y] the share of each frame that has each phone
    own_run_mass: Tensor | None = None  # [H, Y]        the part of label_mass from runs of one phone to themselves
    labels: Labels | None = None  #                     the phones of its frames
    value_norm: Tensor | None = None  # [H, T]          ||f(x_k)||, f(x) what the head gives of a frame
    outside: Tensor | None = (
        None  # [H]                the share that fell on no frame, of a model that sees other things
    )


def _row_entropy(tile: Tile, total_ht: Tensor) -> None:
    total_ht[tile.heads, tile.queries] = _cut_entropy(tile) if tile.cut else _softmax_entropy(tile)


def _cut_entropy(tile: Tile) -> Tensor:
    return torch.special.entr(tile.attention_hqk).sum(-1)


def _softmax_entropy(tile: Tile) -> Tensor:
    """`-ln max A - sum A (score - max score)`: no logarithm per weight, and no two terms that cancel."""
    score, attention = tile.score_hqk, tile.attention_hqk
    expected = score.sub_(score.amax(-1, keepdim=True)).mul_(attention).sum(-1)
    return torch.where(tile.largest_hq == 0, 0, -tile.largest_hq.log() - expected)


def _row_max(tile: Tile, total_ht: Tensor) -> None:
    total_ht[tile.heads, tile.queries] = tile.largest_hq


def _column_sum(tile: Tile, total_ht: Tensor) -> None:
    total_ht[tile.heads, tile.keys] += tile.attention_hqk.sum(1)


def _offset_histogram(tile: Tile, total_hj: Tensor) -> None:
    _add_at_offsets(tile, tile.skewed_hqj.sum(1), total_hj)


def _scaled_histogram(tile: Tile, total_hj: Tensor) -> None:
    scale_h1q = tile.space.scales[tile.queries].expand(tile.shape[0], 1, -1)
    _add_at_offsets(tile, torch.bmm(scale_h1q, tile.skewed_hqj).squeeze(1), total_hj)


def _add_at_offsets(tile: Tile, mass_hj: Tensor, total_hj: Tensor) -> None:
    first = tile.space.length - 1 + tile.first_offset
    total_hj[tile.heads, first : first + mass_hj.shape[-1]] += mass_hj


def _label_mass(tile: Tile, total_hyt: Tensor) -> None:
    """Weights summed over the queries of each phone; `finalize_totals` sums them over the keys of each."""
    mass_hyk = torch.bmm(tile.block.share_yq.expand(tile.shape[0], -1, -1), tile.attention_hqk)
    total_hyt[tile.heads, :, tile.keys].index_add_(1, tile.block.phones, mass_hyk)


def _own_run_mass(tile: Tile, total_hy: Tensor) -> None:
    block = tile.block
    first, last = max(block.near.start, tile.keys.start), min(block.near.stop, tile.keys.stop)
    near_hqk = tile.attention_hqk[..., first - tile.keys.start : last - tile.keys.start]
    share_zk = block.share_zk[:, first - block.near.start : last - block.near.start]
    add_own_runs(near_hqk, block, share_zk, total_hy[tile.heads])


def add_own_runs(near_hqk: Tensor, block: LabelBlock, share_zk: Tensor, total_hy: Tensor) -> None:
    """Add the weights from the runs of some queries to the same runs, by phone; `share_zk` is of the keys of `near`."""
    mass_hzk = torch.bmm(block.share_zq.expand(len(near_hqk), -1, -1), near_hqk)
    total_hy.index_add_(1, block.phone_z, (mass_hzk * share_zk).sum(-1))


TILE_REDUCERS: dict[str, Callable[[Tile, Tensor], None]] = {
    "row_entropy": _row_entropy,
    "row_max": _row_max,
    "column_sum": _column_sum,
    "offset_histogram": _offset_histogram,
    "scaled_histogram": _scaled_histogram,
}

BY_OFFSET = frozenset({"offset_histogram", "scaled_histogram"})  # by signed offset; the others are by frame


LABEL_REDUCERS: dict[str, Callable[[Tile, Tensor], None]] = {"label_mass": _label_mass, "own_run_mass": _own_run_mass}


REQUIRES_LABELS = frozenset({"labels", *LABEL_REDUCERS})


def empty_totals(needs: Collection[str], heads: int, space: Workspace) -> dict[str, Tensor]:
    """Zeros to gather each needed reduction into, on the device and in the dtype of the workspace."""
    asked = [need for need in (*TILE_REDUCERS, *LABEL_REDUCERS) if need in needs]
    return {need: space.like.new_zeros(heads, *_shape(need, space)) for need in asked}


def finalize_totals(totals: dict[str, Tensor], space: Workspace) -> dict[str, Tensor]:
    """Totals of all tiles as the fields of `Reductions`."""
    if space.labels is not None and "label_mass" in totals:
        return totals | {"label_mass": totals["label_mass"] @ space.labels.shares(space.like)}
    return totals


def _shape(need: str, space: Workspace) -> tuple[int, ...]:
    if space.labels is not None and need in LABEL_REDUCERS:
        return (space.labels.count, space.length) if need == "label_mass" else (space.labels.count,)
    return (2 * space.length - 1 if need in BY_OFFSET else space.length,)
