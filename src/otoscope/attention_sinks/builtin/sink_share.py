"""Share of the attention on sinks: tokens with more than ten times uniform attention (after Xiao et al. 2024)."""

from otoscope.attention_sinks.measure import LayerTokens, SinkMeasure, SinkScope
from otoscope.results.intervals import LOGIT
from otoscope.typing import Floats


def value(tokens: LayerTokens) -> Floats:
    """Return the share, `[H]`."""
    share: Floats = (tokens.mass_hk * tokens.is_sink_hk).sum(-1)
    return share


MEASURE = SinkMeasure(
    doc="share of the attention on tokens that draw more than ten times uniform attention",
    units="1",
    source="Xiao et al. 2024 (arXiv 2309.17453); the multiple is otoscope's",
    scope=SinkScope.head,
    requires=(),
    scale=LOGIT,
    value=value,
)
