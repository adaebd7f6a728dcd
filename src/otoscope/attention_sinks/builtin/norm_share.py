"""Share of the sinks in what a head adds: norms of attention times value, in place of attention (Kobayashi 2020)."""

import numpy as np

from otoscope.attention_sinks.measure import LayerTokens, SinkMeasure, SinkScope
from otoscope.results.intervals import LOGIT
from otoscope.typing import AnyFloats, Bools, Floats


def norm_share(tokens: LayerTokens, chosen_hk: Bools) -> Floats:
    """Return the share of chosen tokens in the sum of `A[q,k] ||f(x_k)||`, `[H]`; 0 if all values are zero."""
    assert tokens.value_norm_hk is not None
    norm_hk: AnyFloats = tokens.mass_hk * tokens.value_norm_hk
    total_h = norm_hk.sum(-1)
    return np.asarray((norm_hk * chosen_hk).sum(-1) / np.where(total_h > 0, total_h, 1), np.float64)


def value(tokens: LayerTokens) -> Floats:
    """Return the share of the sinks, `[H]`."""
    return norm_share(tokens, tokens.is_sink_hk)


MEASURE = SinkMeasure(
    doc="share of the sinks in the norms of what a head adds; below sink_share if sinks carry small values",
    units="1",
    source="norms of Kobayashi et al. 2020 (arXiv 2004.10102)",
    scope=SinkScope.head,
    requires=("value_norm_hk",),
    scale=LOGIT,
    value=value,
)
