"""Weight: the largest attention weight of the map, `max A`, the baseline ranking."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from otoscope.attention.reductions import Reductions
from otoscope.statistics.statistic import Statistic


def value(r: Reductions) -> Tensor:
    """Largest weight, `[H]`."""
    assert r.row_max is not None
    return r.row_max.amax(-1)


def reference(A: NDArray[np.float64]) -> float:
    """The definition on one map `A [T, T]`."""
    return float(A.max())


STATISTIC = Statistic(
    name="weight",
    doc="Largest attention weight of a head anywhere in the utterance.",
    units="1",
    source="Hao et al. 2020 (arXiv 2004.11207), as the baseline of Yang, Liu and Lee 2020 (arXiv 2006.03265)",
    needs=frozenset({"row_max"}),
    value=value,
    reference=reference,
)
