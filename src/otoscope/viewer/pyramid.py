"""One attention map at every zoom: level 0 is the map itself, each further level the mean of 2 x 2 of the one before.

Means, so that a colour says the same at every zoom: mean attention over uniform attention. Levels end where one tile
holds the whole. Each row also keeps its peak at that level, for colours that are normalised by row.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from otoscope.viewer.errors import Absent
from otoscope.viewer.quantise import encode

TILE = 256


@dataclass(frozen=True)
class Level:
    """A map at one zoom: one byte per block of frames [query, key], and the peak weight of each row [query]."""

    code_qk: npt.NDArray[np.uint8]
    peak_q: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Pyramid:
    """Every level of one map, finest first."""

    levels: tuple[Level, ...]

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return sum(level.code_qk.nbytes + level.peak_q.nbytes for level in self.levels)

    def tile(self, level: int, row: int, column: int) -> Level:
        """The part of a level that one tile shows. Raises Absent outside the map."""
        if not (0 <= level < len(self.levels) and row >= 0 and column >= 0):
            raise Absent(level, row, column)
        whole = self.levels[level]
        rows, columns = (slice(at * TILE, (at + 1) * TILE) for at in (row, column))
        code_qk = whole.code_qk[rows, columns]
        if code_qk.size == 0:
            raise Absent(level, row, column)
        return Level(code_qk, whole.peak_q[rows])


def build(attn_qk: npt.NDArray[np.floating]) -> Pyramid:
    """Every level of a map.

    >>> pyramid = build(np.full((300, 300), 1 / 300))
    >>> [level.code_qk.shape for level in pyramid.levels]
    [(300, 300), (150, 150)]
    """
    sums_qk, T = attn_qk.astype(np.float32), len(attn_qk)
    levels = [Level(encode(attn_qk), sums_qk.max(axis=1))]
    while len(sums_qk) > TILE:
        sums_qk = _by_two(sums_qk)
        sizes = np.diff(np.minimum(np.arange(len(sums_qk) + 1) * 2 ** len(levels), T)).astype(np.float32)
        mean_qk = sums_qk / (sizes[:, None] * sizes)
        levels.append(Level(encode(mean_qk), mean_qk.max(axis=1)))
    return Pyramid(tuple(levels))


def _by_two(sums_qk: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Sums over 2 x 2; beyond an odd end lies nothing."""
    odd = len(sums_qk) % 2
    even = np.pad(sums_qk, (0, odd)) if odd else sums_qk
    rows = even[0::2] + even[1::2]
    return rows[:, 0::2] + rows[:, 1::2]
