"""Norm of the values of sinks over that of other tokens (Guo et al. 2024, Gu et al. 2025)."""

from otoscope.attention_sinks.measure import LayerTokens, SinkMeasure, SinkScope
from otoscope.results.intervals import LOG
from otoscope.typing import Floats


def value(tokens: LayerTokens) -> Floats:
    """Return the ratio, `[H]`; NaN without a sink."""
    assert tokens.value_norm_hk is not None
    return tokens.ratio_to_others(tokens.value_norm_hk)


MEASURE = SinkMeasure(
    doc="mean norm of the projected values of sinks over that of other tokens; below 1 if sinks carry small values",
    units="1",
    source="Guo et al. 2024 (arXiv 2410.13835), Gu et al. 2025 (arXiv 2410.10781)",
    scope=SinkScope.head,
    requires=("value_norm_hk",),
    scale=LOG,
    value=value,
)
