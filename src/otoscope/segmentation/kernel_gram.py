"""Distances between frames, and the kernel-gram matrix, a tile at a time by one matrix product.

Axes: i frame of a tile's rows, j frame of its columns. `|v_i - v_j|^2 = |v_i|^2 + |v_j|^2 - 2 v_i.v_j` loses digits
for similar frames. So the module centres frames first, which changes no distance, and sets distances below the rounding
error to 0.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.typing import Array, Floats, Ints

ROUNDING = 1e-13
"""Share of the largest squared norm: distances below 3e-7 of the largest norm count as 0."""
MEDIAN_FRAMES = 400
"""Most frames for the median of distances."""


@dataclass(frozen=True, eq=False)
class DistanceFrames:
    """Centred features [T, d] in float64 with their squared norms [T]."""

    values: Floats
    squared_norms: Floats

    @classmethod
    def of(cls, features: npt.ArrayLike) -> "DistanceFrames":
        """Return frames of features `[T, d]` of any dtype of floats.

        Raises:
            InputError: features are not `[T, d]`, T or d is 0, or values are not finite.
        """
        array = np.asarray(features)
        if array.ndim != 2 or not array.size or not np.isfinite(array).all():
            raise InputError(
                f"expected finite features [frames, dimensions], got {_describe(array)}; pass one row per frame"
            )
        values = array - array.mean(axis=0, dtype=np.float64)
        return cls(values, np.einsum("td,td->t", values, values))

    def __len__(self) -> int:
        """Return the number of frames."""
        return len(self.values)

    def distances(self, rows: npt.NDArray[np.intp] | slice, columns: slice) -> Floats:
        """Return the Euclidean distances `[i, j]` between the frames of `rows` and of `columns`."""
        squared_ij = self.values[rows] @ self.values[columns].T
        squared_ij *= -2
        squared_ij += self.squared_norms[rows, None]
        squared_ij += self.squared_norms[columns]
        squared_ij[squared_ij < ROUNDING * self.squared_norms.max()] = 0
        return np.sqrt(squared_ij, out=squared_ij)

    def kernel(self, alpha: float, rows: npt.NDArray[np.intp] | slice, columns: slice) -> Floats:
        """Return a tile `exp(-|v_i - v_j| / alpha)` `[i, j]` of the kernel-gram matrix."""
        tile_ij = self.distances(rows, columns)
        tile_ij /= -alpha
        return np.exp(tile_ij, out=tile_ij)


def median_distance(features: npt.ArrayLike) -> float:
    """Return the median distance between two frames of features `[T, d]`, of at most 400 equally spaced frames.

    It is the natural unit of alpha: the kernel-gram matrix at `alpha / median` is the same for rescaled features.

    Raises:
        InputError: features are not `[T, d]`, T or d is 0, or values are not finite.

    Examples:
        >>> median_distance([[0.0], [1.0], [3.0]])
        2.0
    """
    array = np.asarray(features)
    if array.ndim == 2 and array.size:
        array = array[np.unique(np.linspace(0, len(array) - 1, MEDIAN_FRAMES).astype(int))]
    return median_of_pairs(DistanceFrames.of(array).distances(slice(None), slice(None)))


def median_of_pairs(distances_ij: Floats) -> float:
    """Return the median of the distances of all pairs of frames; 0 for a single frame."""
    pair_distances = distances_ij[_pairs(len(distances_ij))]
    return float(np.median(pair_distances)) if pair_distances.size else 0.0


@lru_cache(maxsize=16)
def _pairs(frames: int) -> tuple[Ints, Ints]:
    return np.triu_indices(frames, k=1)


def _describe(array: Array) -> str:
    return f"shape {array.shape}" if array.ndim != 2 or not array.size else "values with NaN or infinity"
