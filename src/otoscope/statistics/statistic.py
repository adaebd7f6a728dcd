"""Statistic: the description of one head statistic, one constant in each file of `builtin`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from otoscope.attention.reduction_names import REQUIRES_LABELS, REQUIRES_MODEL
from otoscope.errors import InputError
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.typing import Array, Floats

if TYPE_CHECKING:  # merging states needs no torch
    from torch import Tensor

    from otoscope.attention.reductions import Reductions


PHONE_DIMS = frozenset({"query_phone", "key_phone", "phone"})


@dataclass(frozen=True)
class Statistic:
    """One number, or one array over `dims`, per head and utterance; runs store its mean over the corpus.

    Attributes:
        name: the name of its file, and of its variable in a run.
        doc: one sentence that defines it.
        units: of its values; `1` for a pure number.
        source: the publication of its formula.
        requires: names of the fields of `Reductions` that `value` reads.
        value: computes it, `[H, *dims]`, from the reductions of one utterance and layer.
        reference: computes it from one full attention map `A [T, T]` (query, key) in float64. It is slow and follows
            the formula: tests compare `value` with it. A statistic with phones also receives `phone_tr [T, R]`, the
            number of the phone of every label frame, and the names of the phones. A statistic with value norms also
            receives `f(x) [T, features]`, the projected values of the head. Means exclude rows of `A` that attend to
            nothing.
        dims: names of the axes after `H`. A statistic with `dims` is in [0, 1].
        coords: values of the coordinate of each dim; `for_phones` adds those of `PHONE_DIMS`.
        required_phones: names that the phones of the corpus must contain.
        may_be_undefined: whether it is NaN for all heads of some utterances; means exclude them.
        phones: the names of the phones; `for_phones` sets them.

    Examples:
        >>> from otoscope.statistics import STATISTICS
        >>> STATISTICS.get("relation").for_phones(["sil", "aa"]).shape
        (2, 2)
    """

    name: str
    doc: str
    units: str
    source: str
    requires: frozenset[str]
    value: "Callable[[RequiredReductions], Tensor]"
    reference: Callable[..., Floats | float]
    dims: tuple[str, ...] = ()
    coords: Mapping[str, Array] = field(default_factory=dict)
    required_phones: frozenset[str] = frozenset()
    may_be_undefined: bool = False
    phones: tuple[str, ...] = ()

    @property
    def requires_phones(self) -> bool:
        """Whether it needs the phone of every label frame."""
        return not REQUIRES_LABELS.isdisjoint(self.requires)

    @property
    def model_reductions(self) -> frozenset[str]:
        """Names of the reductions that it requires and that only some models provide."""
        return REQUIRES_MODEL & self.requires

    @property
    def has_phone_dims(self) -> bool:
        """Whether one of its dims is the phone."""
        return not PHONE_DIMS.isdisjoint(self.dims)

    @property
    def shape(self) -> tuple[int, ...]:
        """Sizes of `dims`; `()` for a scalar."""
        return tuple(len(self.coords[dim]) for dim in self.dims)

    def for_phones(self, phones: Sequence[str]) -> "Statistic":
        """Return the statistic for a corpus that is labelled with these phones.

        Raises:
            InputError: a phone that it requires is not among them.
        """
        if missing := sorted(self.required_phones - set(phones)):
            raise InputError(f"{self.name} requires the phones {', '.join(missing)}; found {', '.join(phones)}")
        names: Array = np.array(phones, dtype=object)
        coords = {**self.coords, **{dim: names for dim in self.dims if dim in PHONE_DIMS}}
        return replace(self, phones=tuple(phones), coords=coords)

    def compute(self, reductions: "Reductions") -> "Tensor":
        """Return its values `[H, *dims]` from the reductions of one utterance and layer."""
        return self.value(RequiredReductions(reductions, self.requires, self.phones))
