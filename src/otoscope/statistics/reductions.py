"""What statistics need of an attention map, each gathered tile by tile so that no whole map is ever kept.

Axes: h head, q query, k key, j signed offset. A new reduction is one field of `Reductions`, one small function and one
row of `GATHER`.
"""

from collections.abc import Callable, Iterable
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
    row_distance: Tensor | None = None  # [H, T]        sum_k A |q - k|
    column_sum: Tensor | None = None  # [H, T]          sum_q A
    offset_histogram: Tensor | None = None  # [H, 2T-1] sum_q A[q, q + d] at T - 1 + d


def empty_totals(needs: Iterable[str], heads: int, length: int, like: Tensor) -> dict[str, Tensor]:
    """Zeros to gather each needed reduction into, on the device and in the dtype of `like`."""
    size = {"offset_histogram": 2 * length - 1}
    return {need: like.new_zeros(heads, size.get(need, length)) for need in GATHER if need in needs}


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


def _row_distance(tile: Tile, total_ht: Tensor) -> None:
    total_ht[tile.heads, tile.queries] = torch.mul(tile.attention_hqk, tile.distance_qk, out=tile.score_hqk).sum(-1)


def _column_sum(tile: Tile, total_ht: Tensor) -> None:
    total_ht[tile.heads, tile.keys] += tile.attention_hqk.sum(1)


def _offset_histogram(tile: Tile, total_hj: Tensor) -> None:
    mass_hj = tile.skewed_hqj.sum(1)
    first = tile.space.length - 1 + tile.first_offset
    total_hj[tile.heads, first : first + mass_hj.shape[-1]] += mass_hj


GATHER: dict[str, Callable[[Tile, Tensor], None]] = {
    "row_entropy": _row_entropy,
    "row_max": _row_max,
    "row_distance": _row_distance,
    "column_sum": _column_sum,
    "offset_histogram": _offset_histogram,
}
