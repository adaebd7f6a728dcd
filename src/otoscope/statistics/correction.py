"""Correct p-values for the number of comparisons."""

from collections.abc import Callable
from types import MappingProxyType

import numpy as np

from otoscope.typing import AnyFloats


def holm(p: AnyFloats) -> AnyFloats:
    """Return p-values adjusted by Holm (1979): the chance of any false difference in the table is at most 5 % at .05.

    Args:
        p: p-values `[v]`; NaN is no comparison.

    >>> holm(np.array([0.01, 0.04, 0.03, np.nan])).tolist()
    [0.03, 0.06, 0.06, nan]
    """
    adjusted = np.full(p.shape, np.nan)
    (tested,) = np.nonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * factors), 1.0)
    return adjusted


def fdr(p: AnyFloats) -> AnyFloats:
    """Return p-values adjusted by Benjamini and Hochberg (1995): at .05, some 5 % of the differences named are false.

    Args:
        p: p-values of any shape; NaN is no comparison.

    >>> fdr(np.array([0.01, 0.04, 0.03, np.nan])).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    adjusted = np.full(p.shape, np.nan)
    tested = ~np.isnan(p)
    if tested.any():
        from scipy.stats import false_discovery_control  # takes half a second to import

        adjusted[tested] = false_discovery_control(np.clip(p[tested], 0, 1))
    return adjusted


CORRECTIONS: MappingProxyType[str, Callable[[AnyFloats], AnyFloats]] = MappingProxyType(
    {"holm": holm, "fdr": fdr, "none": lambda p: p}
)
CORRECTION_TEXTS = {
    "holm": "Holm: at .05, the chance of any false difference among all {} is at most 5 %",
    "fdr": "Benjamini and Hochberg: at .05, about 5 % of the differences below it are false; {} comparisons",
    "none": "none: at .05, 5 % of {} comparisons without a difference are false",
}
