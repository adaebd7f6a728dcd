"""Largest size of an element of the hidden states before a layer over the median size (Sun et al. 2024)."""

import numpy as np

from otoscope.attention_sinks.measure import LayerTokens, SinkMeasure, SinkScope
from otoscope.results.intervals import LOG
from otoscope.typing import Floats


def value(tokens: LayerTokens) -> Floats:
    """Return the ratio of an utterance; NaN if the median is zero."""
    assert tokens.hidden_kd is not None
    size_kd = np.abs(tokens.hidden_kd)
    median = float(np.median(size_kd))
    return np.asarray(size_kd.max() / median if median > 0 else np.nan, np.float64)


MEASURE = SinkMeasure(
    doc="largest size of an element of the hidden states before the layer over the median size; massive from 1000",
    units="1",
    source="Sun et al. 2024 (arXiv 2402.17762)",
    scope=SinkScope.layer,
    requires=("hidden_kd",),
    scale=LOG,
    value=value,
)
