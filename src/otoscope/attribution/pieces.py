"""Neighbouring frames that are attributed and deleted together.

Axes: t frame, z piece.
"""

from dataclasses import dataclass

import numpy as np

from otoscope.typing import AnyFloats, Bools, Floats, Ints


@dataclass(frozen=True)
class Pieces:
    """The pieces of an utterance.

    Attributes:
        frames: frames of the utterance.
        size: frames of each piece; the last piece may have fewer.

    Examples:
        >>> pieces = Pieces(frames=5, size=2)
        >>> pieces.spans, pieces.sums(np.arange(5.0)).tolist()
        ([(0, 2), (2, 4), (4, 5)], [1.0, 5.0, 4.0])
    """

    frames: int
    size: int

    @property
    def starts(self) -> Ints:
        """Return the first frame of each piece, `[z]`."""
        return np.arange(0, self.frames, self.size)

    @property
    def count(self) -> int:
        """Return the number of pieces."""
        return len(self.starts)

    @property
    def spans(self) -> list[tuple[int, int]]:
        """Return the first frame of each piece, and the frame after its last."""
        starts = self.starts.tolist()
        return list(zip(starts, [*starts[1:], self.frames], strict=True))

    def sums(self, values_t: AnyFloats) -> Floats:
        """Return sums `[..., z]` of values of frames `[..., t]` over each piece."""
        return np.add.reduceat(values_t.astype(np.float64), self.starts, axis=-1)

    def means(self, values_t: AnyFloats) -> Floats:
        """Return means `[..., z]` of values of frames `[..., t]` over each piece."""
        return self.sums(values_t) / self.sums(np.ones(self.frames))

    def in_frames(self, values_z: Bools) -> Bools:
        """Return values of pieces `[..., z]` for each of their frames, `[..., t]`."""
        return np.repeat(values_z, self.size, axis=-1)[..., : self.frames]
