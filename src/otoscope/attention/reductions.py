"""Reduce attention maps tile by tile to the sums that statistics require, so that no whole map is stored.

To add a reduction, add one field of `Reductions`, one function and one row of `TILE_REDUCERS` (or of `LABEL_REDUCERS`
if it requires the phone of each frame), and one property of `otoscope.statistics.RequiredReductions`.

Axes: h head, t frame, q query, k key, j signed offset, y phone, z run of one phone.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from otoscope.attention.kernels.tile_reductions import Tile, Workspace
from otoscope.attention.labels import LabelBlock, Labels


@dataclass(frozen=True, eq=False)
class Reductions:
    """Sums over one utterance's attention map `A [H, T, T]`, T = `length`; None if they were not requested.

    `rows [H]` counts the queries that attend to anything: all queries except those of which a mask forbids every key.
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
    value_norm: Tensor | None = None  # [H, T]          ||f(x_k)||, f(x) the projected value of a frame
    attention_outside: Tensor | None = None  # [H]      share of the attention that falls outside the utterance


def _row_entropy(tile: Tile, total_ht: Tensor) -> None:
    total_ht[tile.heads, tile.queries] = _cut_entropy(tile) if tile.cut else _softmax_entropy(tile)


def _cut_entropy(tile: Tile) -> Tensor:
    return torch.special.entr(tile.attention_hqk).sum(-1)


def _softmax_entropy(tile: Tile) -> Tensor:
    """Return `-ln max A - sum A (score - max score)`: no logarithm per weight, and no two terms that cancel."""
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
    """Add the weights of the queries of each phone; `finalize_totals` adds up the keys of each phone."""
    mass_hyk = torch.bmm(tile.block.share_yq.expand(tile.shape[0], -1, -1), tile.attention_hqk)
    total_hyt[tile.heads, :, tile.keys].index_add_(1, tile.block.phones, mass_hyk)


def _own_run_mass(tile: Tile, total_hy: Tensor) -> None:
    block = tile.block
    first, last = max(block.run_keys.start, tile.keys.start), min(block.run_keys.stop, tile.keys.stop)
    near_hqk = tile.attention_hqk[..., first - tile.keys.start : last - tile.keys.start]
    share_zk = block.share_zk[:, first - block.run_keys.start : last - block.run_keys.start]
    add_own_runs(near_hqk, block, share_zk, total_hy[tile.heads])


def add_own_runs(near_hqk: Tensor, block: LabelBlock, share_zk: Tensor, total_hy: Tensor) -> None:
    """Add to `total_hy`, by phone, the weights from the runs of some queries to the same runs.

    `near_hqk` are the weights on keys of `block.run_keys`, `share_zk` the shares of the same keys.
    """
    mass_hzk = torch.bmm(block.share_zq.expand(len(near_hqk), -1, -1), near_hqk)
    total_hy.index_add_(1, block.phone_z, (mass_hzk * share_zk).sum(-1))


TileReducer = Callable[[Tile, Tensor], None]
"""Adds a tile to the totals of a reduction."""

TILE_REDUCERS: dict[str, TileReducer] = {
    "row_entropy": _row_entropy,
    "row_max": _row_max,
    "column_sum": _column_sum,
    "offset_histogram": _offset_histogram,
    "scaled_histogram": _scaled_histogram,
}
LABEL_REDUCERS: dict[str, TileReducer] = {"label_mass": _label_mass, "own_run_mass": _own_run_mass}

BY_OFFSET = frozenset({"offset_histogram", "scaled_histogram"})  # by signed offset; the others are by frame


def empty_totals(needs: Collection[str], heads: int, space: Workspace) -> dict[str, Tensor]:
    """Return zeros for each requested reduction, on the device and in the dtype of the workspace."""
    requested = [name for name in (*TILE_REDUCERS, *LABEL_REDUCERS) if name in needs]
    return {name: space.template.new_zeros(heads, *_shape(name, space)) for name in requested}


def finalize_totals(totals: dict[str, Tensor], space: Workspace) -> dict[str, Tensor]:
    """Return the totals of all tiles as fields of `Reductions`."""
    if space.labels is not None and "label_mass" in totals:
        return totals | {"label_mass": space.labels.sum_keys(totals["label_mass"])}
    return totals


def _shape(name: str, space: Workspace) -> tuple[int, ...]:
    if space.labels is not None and name in LABEL_REDUCERS:
        return (space.labels.count, space.length) if name == "label_mass" else (space.labels.count,)
    return (2 * space.length - 1 if name in BY_OFFSET else space.length,)
