"""Attention outside: the share of the attention of an utterance's frames that falls on none of them, `1 - 1/T sum A`.

Some models also attend to silence after the utterance or to tokens of their own (`otoscope.attention.crop`). All other
statistics of these models are computed from rows that are normalised over the frames of the utterance.
"""

from torch import Tensor

from otoscope.attention.reduction_names import ATTENTION_OUTSIDE
from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """Return the share, `[H]`."""
    return reductions.attention_outside


def reference(A: Floats) -> float:
    """Follow the definition on the part of a map between frames of the utterance, `[T, T]`, rows not normalised."""
    return float(1 - A.sum(axis=1).mean())


STATISTIC = Statistic(
    name="attention_outside",
    doc="Share of the attention of an utterance's frames that falls outside: on later silence, or on special tokens.",
    units="1",
    source="otoscope",
    requires=frozenset({ATTENTION_OUTSIDE}),
    value=value,
    reference=reference,
)
