"""One attention map at every zoom: level 0 is the map itself, each further level has the means of 2 x 2 blocks.

With means, a colour has the same meaning at every zoom: mean attention over uniform attention. The last level fits in
one tile. Each level also has the peak of each row, for colours that are normalised by row.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from otoscope.viewer.errors import NotFoundError
from otoscope.viewer.quantise import encode

TILE = 256


@dataclass(frozen=True)
class Level:
    """A map at one zoom: one byte per block of frames [query, key], and the peak weight of each row [query]."""

    code_qk: npt.NDArray[np.uint8]
    peak_q: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Pyramid:
    """All levels of one map, finest first."""

    levels: tuple[Level, ...]

    @property
    def nbytes(self) -> int:
        """Memory of all levels, in bytes."""
        return sum(level.code_qk.nbytes + level.peak_q.nbytes for level in self.levels)

    def tile(self, level: int, row: int, column: int) -> Level:
        """Return one tile of a level. Raises NotFoundError outside the map."""
        if not (0 <= level < len(self.levels) and row >= 0 and column >= 0):
            raise NotFoundError(level, row, column)
        whole = self.levels[level]
        rows, columns = (slice(index * TILE, (index + 1) * TILE) for index in (row, column))
        code_qk = whole.code_qk[rows, columns]
        if code_qk.size == 0:
            raise NotFoundError(level, row, column)
        return Level(code_qk, whole.peak_q[rows])


def build(attn_qk: npt.NDArray[np.floating]) -> Pyramid:
    """Build all levels of a map `[T, T]`.

    >>> pyramid = build(np.full((300, 300), 1 / 300))
    >>> [level.code_qk.shape for level in pyramid.levels]
    [(300, 300), (150, 150)]
    """
    sums_qk, T = attn_qk.astype(np.float32, copy=False), len(attn_qk)
    levels = [Level(encode(attn_qk), sums_qk.max(axis=1))]
    while len(sums_qk) > TILE:
        sums_qk = _by_two(sums_qk)
        sizes = np.diff(np.minimum(np.arange(len(sums_qk) + 1) * 2 ** len(levels), T)).astype(np.float32)
        mean_qk = sums_qk / (sizes[:, None] * sizes)
        levels.append(Level(encode(mean_qk), mean_qk.max(axis=1)))
    return Pyramid(tuple(levels))


def _by_two(sums_qk: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return sums over 2 x 2 blocks; an odd size is padded with zeros."""
    odd = len(sums_qk) % 2
    even = np.pad(sums_qk, (0, odd)) if odd else sums_qk
    rows = even[0::2] + even[1::2]
    return rows[:, 0::2] + rows[:, 1::2]


def tile_positions(frames: int) -> Iterator[tuple[int, int, int]]:
    """Yield level, row and column of each tile of a map `[frames, frames]`.

    >>> list(tile_positions(TILE + 1))
    [(0, 0, 0), (0, 0, 1), (0, 1, 0), (0, 1, 1), (1, 0, 0)]
    """
    level, size = 0, frames
    while size > TILE:
        yield from _level_positions(level, size)
        level, size = level + 1, -(-size // 2)
    yield from _level_positions(level, size)


def _level_positions(level: int, size: int) -> Iterator[tuple[int, int, int]]:
    count = -(-size // TILE)
    return ((level, row, column) for row in range(count) for column in range(count))
