"""Give a statistic the reductions that it requires, typed as present.

Axes: h head, t frame, j signed offset, y phone.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # merging states needs no torch
    from torch import Tensor

    from otoscope.attention.labels import Labels
    from otoscope.attention.reductions import Reductions


class RequiredReductions:
    """The reductions of one utterance and one layer that a statistic requires.

    Every property returns a value, never None. Reading a reduction that the statistic does not require is an error.

    Attributes:
        length: frames of the utterance, T.
        rows: queries that attend to anything, `[H]`.
        phones: names of the phones in the order of their numbers; empty without labels.
    """

    def __init__(self, reductions: "Reductions", requires: Collection[str], phones: tuple[str, ...] = ()) -> None:
        """Wrap `reductions`; `requires` names the fields that may be read."""
        self._reductions = reductions
        self._requires = frozenset(requires)
        self.length: int = reductions.length
        self.rows: Tensor = reductions.rows
        self.phones = phones

    @property
    def row_entropy(self) -> "Tensor":
        """Entropy of each query's weights in nats, `-sum_k A ln A`, `[H, T]`."""
        return self._tensor("row_entropy")

    @property
    def row_max(self) -> "Tensor":
        """Largest weight of each query, `[H, T]`."""
        return self._tensor("row_max")

    @property
    def column_sum(self) -> "Tensor":
        """Sum of the weights on each key, `[H, T]`."""
        return self._tensor("column_sum")

    @property
    def offset_histogram(self) -> "Tensor":
        """Sum of the weights at each offset key - query, `[H, 2T-1]`; offset d is at T - 1 + d."""
        return self._tensor("offset_histogram")

    @property
    def scaled_histogram(self) -> "Tensor":
        """The same sum, each weight divided by its query's distance to the farthest key, `[H, 2T-1]`."""
        return self._tensor("scaled_histogram")

    @property
    def label_mass(self) -> "Tensor":
        """Weights from each phone to each phone, `[H, Y, Y]`."""
        return self._tensor("label_mass")

    @property
    def own_run_mass(self) -> "Tensor":
        """The part of `label_mass` from each run of one phone to itself, `[H, Y]`."""
        return self._tensor("own_run_mass")

    @property
    def value_norm(self) -> "Tensor":
        """Norm of each frame's projected value, `||f(x_k)||`, `[H, T]`."""
        return self._tensor("value_norm")

    @property
    def attention_outside(self) -> "Tensor":
        """Share of the attention that falls outside the utterance, `[H]`."""
        return self._tensor("attention_outside")

    @property
    def labels(self) -> "Labels":
        """The phone of every label frame."""
        self._check("labels")
        assert self._reductions.labels is not None
        return self._reductions.labels

    def _tensor(self, name: str) -> "Tensor":
        self._check(name)
        tensor: Tensor | None = getattr(self._reductions, name)
        if tensor is None:
            raise ValueError(f"the reduction {name!r} was not computed; name it in the request")
        return tensor

    def _check(self, name: str) -> None:
        if name not in self._requires:
            raise ValueError(f"the statistic reads the reduction {name!r}; add it to the statistic's `requires`")
