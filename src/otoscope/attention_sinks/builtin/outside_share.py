"""Share of the attention outside the utterance: on silence after it, or on tokens of the model's own."""

from otoscope.attention_sinks.measure import LayerTokens, SinkMeasure, SinkScope
from otoscope.results.intervals import LOGIT
from otoscope.typing import Floats


def value(tokens: LayerTokens) -> Floats:
    """Return the share, `[H]`; 0 of a model that sees the utterance alone."""
    share: Floats = tokens.mass_hk[:, ~tokens.is_inside_k].sum(-1)
    return share


MEASURE = SinkMeasure(
    doc="share of the attention outside the utterance",
    units="1",
    source="otoscope",
    scope=SinkScope.head,
    requires=(),
    scale=LOGIT,
    value=value,
)
