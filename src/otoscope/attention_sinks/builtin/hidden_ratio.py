"""Norm of the hidden states of sinks over that of other tokens (Sun et al. 2024, Gu et al. 2025)."""

import numpy as np

from otoscope.attention_sinks.measure import LayerTokens, SinkMeasure, SinkScope
from otoscope.results.intervals import LOG
from otoscope.typing import Floats


def value(tokens: LayerTokens) -> Floats:
    """Return the ratio, `[H]`; NaN without a sink."""
    assert tokens.hidden_kd is not None
    norm_k = np.linalg.norm(tokens.hidden_kd, axis=-1)
    return tokens.ratio_to_others(np.broadcast_to(norm_k, tokens.mass_hk.shape))


MEASURE = SinkMeasure(
    doc="mean norm of the hidden states of sinks before the layer over that of other tokens",
    units="1",
    source="Sun et al. 2024 (arXiv 2402.17762), Gu et al. 2025 (arXiv 2410.10781)",
    scope=SinkScope.head,
    requires=("hidden_kd",),
    scale=LOG,
    value=value,
)
