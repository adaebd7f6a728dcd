"""Hold one tile of an attention map in buffers that all tiles of an utterance use one after the other.

Axes: h head, q query, k key, j signed offset.

Rows of a buffer have `pad` columns more than the tile has keys; the padding is 0. The skewed view reads the buffer
with rows that are longer by one number, so each row moves one to the left of the row above. A column of this view
holds one offset key - query, and its sum is the mass at that offset.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from otoscope.attention.labels import LabelBlock, Labels


@dataclass(frozen=True)
class Workspace:
    """Buffers for the tiles of one utterance.

    Attributes:
        length: frames of the utterance.
        heads, queries, keys: size of the largest tile.
        skew: whether skewed views will be read.
        template: a tensor with the dtype and the device of the buffers.
        labels: the phones of the utterance, or None.
    """

    length: int
    heads: int
    queries: int
    keys: int
    skew: bool
    template: Tensor
    labels: Labels | None = None

    def pad(self, queries: int) -> int:
        """Return the number of zero columns after each row of a tile with this number of queries."""
        return queries - 1 if self.skew else 0

    @property
    def size(self) -> int:
        """Weights of the largest tile, with their padding."""
        return self.heads * self.queries * (self.keys + self.pad(self.queries))

    @cached_property
    def scores(self) -> Tensor:
        """Flat buffer of a tile's scores."""
        return self.template.new_empty(self.size)

    @cached_property
    def weights(self) -> Tensor:
        """Flat buffer of a tile's weights; it begins with the zeros that the skewed view reads before the first row."""
        return self.template.new_zeros(self.pad(self.queries) + self.size)

    @cached_property
    def scales(self) -> Tensor:
        """`1 / max_k |q - k|` of every query (1 in an utterance of one frame), `[length]`."""
        frame = torch.arange(self.length, device=self.template.device)
        return 1 / torch.maximum(frame, self.length - 1 - frame).clamp(min=1).to(self.template.dtype)

    @cached_property
    def distances(self) -> Tensor:
        """`|j - (length - 1) - i|`: distances from query i of a tile to every key, for any first query of the tile."""
        device, dtype = self.template.device, self.template.dtype
        offset = torch.arange(1 - self.length, self.length, device=device, dtype=dtype)
        row = torch.arange(self.queries, device=device, dtype=dtype)
        return (offset - row[:, None]).abs_()

    @cached_property
    def blocks(self) -> list[LabelBlock]:
        """The labels of the queries of each tile, in order of time."""
        assert self.labels is not None
        starts = range(0, self.length, self.queries)
        return [self.labels.block(slice(start, start + self.queries), self.template) for start in starts]


@dataclass(frozen=True)
class Tile:
    """Some heads, some queries, and the keys they may attend to; all tensors are views of the workspace.

    `cut` is true if weights were set to zero after the softmax, so that a row is no longer the softmax of its scores.
    """

    space: Workspace
    heads: slice
    queries: slice
    keys: slice
    cut: bool = False

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of heads, queries, keys."""
        h, q, k = (axis.stop - axis.start for axis in (self.heads, self.queries, self.keys))
        return h, q, k

    @cached_property
    def padded_score(self) -> Tensor:
        """Scores with their padding, `[h, q, k + pad]`, contiguous."""
        return self._rows(self.space.scores)

    @cached_property
    def padded_attention(self) -> Tensor:
        """Weights with their padding, `[h, q, k + pad]`, contiguous."""
        return self._rows(self.space.weights[self.space.pad(self.space.queries) :])

    @cached_property
    def score_hqk(self) -> Tensor:
        """Scores before the softmax."""
        return self.padded_score[..., : self.shape[-1]]

    @cached_property
    def attention_hqk(self) -> Tensor:
        """The weights `A`."""
        return self.padded_attention[..., : self.shape[-1]]

    @cached_property
    def largest_hq(self) -> Tensor:
        """Each query's largest weight."""
        return self.attention_hqk.amax(-1)

    @cached_property
    def skewed_hqj(self) -> Tensor:
        """Weights by signed offset: column j holds key - query = `first_offset + j`."""
        h, n, _ = self.shape
        rows = self.padded_attention
        width = rows.shape[-1]
        return rows.as_strided((h, n, width), (n * width, width + 1, 1), rows.storage_offset() - self.space.pad(n))

    @property
    def first_offset(self) -> int:
        """Offset (key - query, frames) of the skewed view's first column."""
        return self.keys.start - self.queries.stop + 1

    @property
    def block(self) -> LabelBlock:
        """The labels of the tile's queries."""
        return self.space.blocks[self.queries.start // self.space.queries]

    @property
    def distance_qk(self) -> Tensor:
        """`|q - k|` in frames."""
        _, n, k = self.shape
        start = self.space.length - 1 + self.keys.start - self.queries.start
        return self.space.distances[:n, start : start + k]

    def _rows(self, buffer: Tensor) -> Tensor:
        h, n, k = self.shape
        width = k + self.space.pad(n)
        return buffer[: h * n * width].view(h, n, width)
