"""Arrays with one value per head: `[layer, head]`, with NaN for a head that its layer lacks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from otoscope.typing import Floats

Head = tuple[int, int]
"""The indices of a layer and of a head in it."""


@dataclass(frozen=True)
class HeadGrid:
    """The heads of a model.

    Attributes:
        counts: number of heads of each layer.

    Examples:
        >>> grid = HeadGrid((2, 1))
        >>> grid.heads
        [(0, 0), (0, 1), (1, 0)]
        >>> grid.to_array([0.1, 0.2, 0.3]).tolist()
        [[0.1, 0.2], [0.3, nan]]
    """

    counts: Sequence[int]

    @property
    def heads(self) -> list[Head]:
        """Return all heads, layer by layer."""
        return [(layer, head) for layer, count in enumerate(self.counts) for head in range(count)]

    def to_array(self, values: Iterable[float | Floats]) -> Floats:
        """Return one value `[...]` for each of `heads` as an array `[..., layer, head]`."""
        return self.pad(np.split(np.stack(list(values), axis=-1), np.cumsum(self.counts)[:-1], axis=-1))

    def pad(self, layers: Iterable[Floats]) -> Floats:
        """Return one array `[..., head]` per layer as one array `[..., layer, head]`."""
        most = max(self.counts)
        padded = [
            np.pad(values, [(0, 0)] * (values.ndim - 1) + [(0, most - values.shape[-1])], constant_values=np.nan)
            for values in layers
        ]
        return np.stack(padded, axis=-2)
