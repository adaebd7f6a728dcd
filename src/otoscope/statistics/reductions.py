"""What statistics need of an attention map, each gathered tile by tile so that no whole map is ever kept.

Axes: h head, q query, k key, j signed offset. A new reduction is one field of `Reductions`, one small function and one
row of `GATHER`.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

import torch
from torch import Tensor

from otoscope.statistics.tile import Tile


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


GATHER: dict[str, Callable[[Tile, Tensor], None]] = {
    "row_entropy": _row_entropy,
    "row_max": _row_max,
    "column_sum": _column_sum,
    "offset_histogram": _offset_histogram,
    "scaled_histogram": _scaled_histogram,
}

SKEWED = frozenset({"offset_histogram", "scaled_histogram"})  # by signed offset; the others are by frame


def empty_totals(needs: Collection[str], heads: int, length: int, like: Tensor) -> dict[str, Tensor]:
    """Zeros to gather each needed reduction into, on the device and in the dtype of `like`."""
    asked = [need for need in GATHER if need in needs]
    return {need: like.new_zeros(heads, 2 * length - 1 if need in SKEWED else length) for need in asked}
