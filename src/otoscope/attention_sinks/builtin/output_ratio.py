"""Norm of a head's output over the mean of its layer (Sandoval-Segura et al. 2025); small if the head does nothing."""

import numpy as np

from otoscope.attention_sinks.measure import LayerTokens, SinkMeasure, SinkScope
from otoscope.results.intervals import LOG
from otoscope.typing import Floats


def value(tokens: LayerTokens) -> Floats:
    """Return the ratio, `[H]`; NaN if no head of the layer adds anything."""
    assert tokens.output_norm_h is not None
    mean = tokens.output_norm_h.mean()
    return np.asarray(tokens.output_norm_h / mean if mean > 0 else np.full(len(tokens.mass_hk), np.nan), np.float64)


MEASURE = SinkMeasure(
    doc="mean norm of what a head adds to the frames of the utterance over the mean of the heads of its layer",
    units="1",
    source="Sandoval-Segura et al. 2025 (arXiv 2504.03889), the average head output norm of a layer",
    scope=SinkScope.head,
    requires=("output_norm_h",),
    scale=LOG,
    value=value,
)
