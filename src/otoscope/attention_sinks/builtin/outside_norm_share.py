"""Share of the tokens outside the utterance in what a head adds: attention times value norm (Kobayashi 2020)."""

from otoscope.attention_sinks.builtin.norm_share import norm_share
from otoscope.attention_sinks.measure import LayerTokens, SinkMeasure, SinkScope
from otoscope.results.intervals import LOGIT
from otoscope.typing import Floats


def value(tokens: LayerTokens) -> Floats:
    """Return the share, `[H]`."""
    return norm_share(tokens, ~tokens.is_inside_k)


MEASURE = SinkMeasure(
    doc="share of the tokens outside the utterance in the norms of what a head adds",
    units="1",
    source="norms of Kobayashi et al. 2020 (arXiv 2004.10102)",
    scope=SinkScope.head,
    requires=("value_norm_hk",),
    scale=LOGIT,
    value=value,
)
