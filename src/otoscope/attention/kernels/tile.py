"""One tile of an attention map, and the buffers that an utterance's tiles are written into one after the other.

Axes: h head, q query, k key, j signed offset. Rows of a buffer are `pad` columns longer than the tile's keys, and 0
there. Reading it with rows one number longer still slides every row one to the left of the one above, so that a column
of that skewed view holds one offset key - query, and its sum is the mass at that offset.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from otoscope.attention.labels import LabelBlock, Labels


@dataclass(frozen=True)
class Workspace:
    """Buffers for tiles of at most so many heads, queries and keys, of an utterance of `length` frames.

    They have the dtype and device of `like`. `skew` says whether skewed views will be read. `labels` are its phones,
    where they are known.
    """

    length: int
    heads: int
    queries: int
    keys: int
    skew: bool
    like: Tensor
    labels: Labels | None = None

    def pad(self, queries: int) -> int:
        """Columns of zeros behind each row of a tile of so many queries."""
        return queries - 1 if self.skew else 0

    @property
    def size(self) -> int:
        """Weights of the largest tile, with their padding."""
        return self.heads * self.queries * (self.keys + self.pad(self.queries))

    @cached_property
    def scores(self) -> Tensor:
        """Flat buffer of a tile's scores."""
        return self.like.new_empty(self.size)

    @cached_property
    def weights(self) -> Tensor:
        """Flat buffer of a tile's weights; as many zeros as a row may be slid by come first."""
        return self.like.new_zeros(self.pad(self.queries) + self.size)

    @cached_property
    def scales(self) -> Tensor:
        """`1 / max_k |q - k|` of every query (1 in an utterance of one frame), `[length]`."""
        frame = torch.arange(self.length, device=self.like.device)
        return 1 / torch.maximum(frame, self.length - 1 - frame).clamp(min=1).to(self.like.dtype)

    @cached_property
    def distances(self) -> Tensor:
        """`|j - (length - 1) - i|`: the distances from query i to every key, wherever the tile's first query stands."""
        offset = torch.arange(1 - self.length, self.length, device=self.like.device, dtype=self.like.dtype)
        row = torch.arange(self.queries, device=self.like.device, dtype=self.like.dtype)
        return (offset - row[:, None]).abs_()

    @cached_property
    def blocks(self) -> list[LabelBlock]:
        """What is said in the queries of each tile, in order of time."""
        assert self.labels is not None
        starts = range(0, self.length, self.queries)
        return [self.labels.block(slice(start, start + self.queries), self.like) for start in starts]


@dataclass(frozen=True)
class Tile:
    """Some heads, some queries, and the keys they may attend to; all tensors are views of the workspace.

    With `cut`, keys were taken out after the softmax, so that a row's weights are no longer the softmax of its scores.
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
        """What is said in the tile's queries."""
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
