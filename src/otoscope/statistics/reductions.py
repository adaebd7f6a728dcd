"""What statistics need of an attention map, each gathered tile by tile so that no whole map is ever kept.

Axes: h head, q query, k key. A new reduction is one field of `Reductions`, one small function and one row of `GATHER`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Reductions:
    """Sums over one utterance's attention map `A [H, T, T]`, T = `length`; None where not asked for.

    `rows [H]` counts the queries that attend to anything (all of them, but for rows that a mask forbids entirely).
    Times and distances are in frames, entropies in nats.
    """

    length: int
    rows: Tensor
    row_entropy: Tensor | None = None  # [H, T]     -sum_k A ln A
    row_max: Tensor | None = None  # [H, T]     max_k A
    row_distance: Tensor | None = None  # [H, T]     sum_k A |q - k|
    column_sum: Tensor | None = None  # [H, T]     sum_q A
    offset_histogram: Tensor | None = None  # [H, 2T-1]  at T-1+d: sum_q A[q, q+d]


@dataclass(frozen=True)
class Tile:
    """One block of one utterance's attention map: some heads, some queries, the keys they may attend to.

    `attention_hqk` are the weights; `log_weight_hq`, `score_hqk` their logarithm's parts: `ln A = score - lse`.
    `skewed_hqj` views the weights so that column j holds key - query = `first_offset + j`, zeros elsewhere.
    """

    length: int
    heads: slice
    queries: slice
    keys: slice
    score_hqk: Tensor
    attention_hqk: Tensor
    skewed_hqj: Tensor

    @property
    def first_offset(self) -> int:
        """Offset (key - query, in frames) of the skewed view's first column."""
        return self.keys.start - self.queries.stop + 1


def _row_entropy(tile: Tile, total_ht: Tensor) -> None:
    total_ht[tile.heads, tile.queries] = torch.special.entr(tile.attention_hqk).sum(-1)


def _row_max(tile: Tile, total_ht: Tensor) -> None:
    total_ht[tile.heads, tile.queries] = tile.attention_hqk.amax(-1)


def _row_distance(tile: Tile, total_ht: Tensor) -> None:
    frames = torch.arange(tile.length, device=total_ht.device)
    distance_qk = (frames[tile.queries, None] - frames[tile.keys]).abs().to(total_ht.dtype)
    total_ht[tile.heads, tile.queries] = (tile.attention_hqk * distance_qk).sum(-1)


def _column_sum(tile: Tile, total_ht: Tensor) -> None:
    total_ht[tile.heads, tile.keys] += tile.attention_hqk.sum(1)


def _offset_histogram(tile: Tile, total_ho: Tensor) -> None:
    first = tile.length - 1 + tile.first_offset
    total_ho[tile.heads, first : first + tile.skewed_hqj.shape[-1]] += tile.skewed_hqj.sum(1)


GATHER: dict[str, Callable[[Tile, Tensor], None]] = {
    "row_entropy": _row_entropy,
    "row_max": _row_max,
    "row_distance": _row_distance,
    "column_sum": _column_sum,
    "offset_histogram": _offset_histogram,
}


def empty_totals(needs: Iterable[str], heads: int, length: int, like: Tensor) -> dict[str, Tensor]:
    """Zeros to gather each needed reduction into, on the device and in the dtype of `like`."""
    size = {"offset_histogram": 2 * length - 1}
    return {need: like.new_zeros(heads, size.get(need, length)) for need in sorted(needs)}
