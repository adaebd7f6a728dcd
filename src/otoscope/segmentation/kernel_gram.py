"""Distances between frames, and the kernel-gram matrix, a tile at a time by one matrix product.

Axes: i frame of a tile's rows, j frame of its columns. `|v_i - v_j|^2 = |v_i|^2 + |v_j|^2 - 2 v_i.v_j` loses digits
where frames are alike, so frames are centred first (which changes no distance) and what is below rounding counts as 0.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError

Floats = npt.NDArray[np.float64]

ROUNDING = 1e-13  # of the largest squared norm: distances below 3e-7 of the largest norm count as 0
SAMPLED = 400  # frames from whose mutual distances the median is taken


@dataclass(frozen=True, eq=False)
class DistanceFrames:
    """Centred features [T, d] in float64 with their squared norms [T]."""

    values: Floats
    squared_norms: Floats

    @classmethod
    def of(cls, features: npt.ArrayLike) -> "DistanceFrames":
        """Features [T, d] of any float dtype, checked and centred.

        Raises:
            InputError: features that are not [T, d] with T and d at least 1, or not finite.
        """
        given = np.asarray(features)
        if given.ndim != 2 or not given.size or not np.isfinite(given).all():
            raise InputError(f"expected finite features [frames, dimensions], got {_described(given)}")
        values = given - given.mean(axis=0, dtype=np.float64)
        return cls(values, np.einsum("td,td->t", values, values))

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.values)

    def distances(self, rows: npt.NDArray[np.intp] | slice, columns: slice) -> Floats:
        """Euclidean distances [i, j] between the frames of `rows` and of `columns`."""
        squared_ij = self.values[rows] @ self.values[columns].T
        squared_ij *= -2
        squared_ij += self.squared_norms[rows, None]
        squared_ij += self.squared_norms[columns]
        squared_ij[squared_ij < ROUNDING * self.squared_norms.max()] = 0
        return np.sqrt(squared_ij, out=squared_ij)

    def kernel(self, alpha: float, rows: npt.NDArray[np.intp] | slice, columns: slice) -> Floats:
        """A tile `exp(-|v_i - v_j| / alpha)` [i, j] of the kernel-gram matrix."""
        tile_ij = self.distances(rows, columns)
        tile_ij /= -alpha
        return np.exp(tile_ij, out=tile_ij)


def median_distance(features: npt.ArrayLike) -> float:
    """Median distance between two different frames, of at most 400 frames evenly spread over features [T, d].

    It is the natural unit of alpha: the kernel-gram matrix at `alpha / median` is the same for rescaled features.

    Raises:
        InputError: as `Frames.of` does.

    Examples:
        >>> median_distance([[0.0], [1.0], [3.0]])
        2.0
    """
    given = np.asarray(features)
    spread = np.unique(np.linspace(0, len(given) - 1, SAMPLED).astype(int)) if given.ndim == 2 and given.size else ...
    frames = DistanceFrames.of(given[spread])
    distances_ij = frames.distances(slice(None), slice(None))
    apart = distances_ij[np.triu_indices(len(frames), k=1)]
    return float(np.median(apart)) if apart.size else 0.0


def _described(given: npt.NDArray[np.generic]) -> str:
    return f"shape {given.shape}" if given.ndim != 2 or not given.size else "NaN or infinity among them"
