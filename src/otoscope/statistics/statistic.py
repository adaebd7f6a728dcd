"""What a head statistic is: one record that each statistic's file fills in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:  # merging and finishing states needs no torch
    from torch import Tensor

    from otoscope.attention.reductions import Reductions


PHONE_DIMS = frozenset({"query_phone", "key_phone", "phone"})


@dataclass(frozen=True)
class Statistic:
    """One number (or one array over `dims`) per head and utterance; a head is judged by its mean over the corpus.

    `value` computes it from the kernel's reductions of one utterance, `[H, *dims]`; `reference` from one full attention
    map `A [T, T]` (query, key) in float64, slow and obvious, and from what else it `takes`: `labels` are the phone of
    every label frame, `[T, R]`, and the number of phones; `value_norm` is what the head gives of each frame, `f(x)
    [T, features]`. Rows of `A` that attend to nothing are left out of means.
    Statistics with `dims` lie in [0, 1]. One that is `partial` is undefined (NaN for all heads) for some utterances,
    which its means leave out.
    """

    name: str
    doc: str
    units: str
    source: str
    needs: frozenset[str]
    value: "Callable[[Reductions], Tensor]"
    reference: Callable[..., NDArray[np.float64] | float]
    dims: tuple[str, ...] = ()
    coords: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    takes: frozenset[str] = frozenset()
    partial: bool = False

    @property
    def labelled(self) -> bool:
        """Whether it is by phone."""
        return not PHONE_DIMS.isdisjoint(self.dims)

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of `dims`; `()` for a scalar."""
        return tuple(len(self.coords[dim]) for dim in self.dims)
