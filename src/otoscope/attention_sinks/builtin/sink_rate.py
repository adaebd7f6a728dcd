"""Share of the utterances in which a single token draws more than 0.3 of the attention (Gu et al. 2025)."""

import numpy as np

from otoscope.attention_sinks.measure import LayerTokens, SinkMeasure, SinkScope
from otoscope.results.intervals import LOGIT
from otoscope.typing import Floats

EPSILON = 0.3


def value(tokens: LayerTokens) -> Floats:
    """Return 1 for a head with such a token, otherwise 0, `[H]`.

    The published metric counts heads for a fixed token, the first. Here any token counts.
    """
    return np.asarray(tokens.mass_hk.max(-1) > EPSILON, np.float64)


MEASURE = SinkMeasure(
    doc="share of the utterances in which a token draws more than 0.3 of the attention",
    units="1",
    source="Gu et al. 2025 (arXiv 2410.10781), of any token in place of the first",
    scope=SinkScope.head,
    requires=(),
    scale=LOGIT,
    value=value,
)
