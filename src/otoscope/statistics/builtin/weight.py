"""Weight: the largest attention weight of the map, `max A`, the baseline ranking."""

from torch import Tensor

from otoscope.statistics.required_reductions import RequiredReductions
from otoscope.statistics.statistic import Statistic
from otoscope.typing import Floats


def value(reductions: RequiredReductions) -> Tensor:
    """Return the largest weight, `[H]`."""
    return reductions.row_max.amax(-1)


def reference(A: Floats) -> float:
    """Follow the definition on one map `A [T, T]`."""
    return float(A.max())


STATISTIC = Statistic(
    name="weight",
    doc="Largest attention weight of a head anywhere in the utterance.",
    units="1",
    source="Hao et al. 2020 (arXiv 2004.11207), as the baseline of Yang, Liu and Lee 2020 (arXiv 2006.03265)",
    requires=frozenset({"row_max"}),
    value=value,
    reference=reference,
)
