"""Number of massive activations before a layer: above 100 and above 1000 times the median (Sun et al. 2024)."""

import numpy as np

from otoscope.attention_sinks.measure import LayerTokens, SinkMeasure, SinkScope
from otoscope.results.intervals import IDENTITY
from otoscope.typing import Floats

LEAST, MULTIPLE = 100.0, 1000.0


def value(tokens: LayerTokens) -> Floats:
    """Return the number of elements of the hidden states of an utterance."""
    assert tokens.hidden_kd is not None
    size_kd = np.abs(tokens.hidden_kd)
    return np.asarray((size_kd > max(LEAST, MULTIPLE * float(np.median(size_kd)))).sum(), np.float64)


MEASURE = SinkMeasure(
    doc="elements of the hidden states before the layer above 100 and above 1000 times the median size",
    units="elements of an utterance",
    source="Sun et al. 2024 (arXiv 2402.17762)",
    scope=SinkScope.layer,
    requires=("hidden_kd",),
    scale=IDENTITY,
    value=value,
)
