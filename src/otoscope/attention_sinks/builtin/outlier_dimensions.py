"""Number of outlier dimensions before a layer: means over tokens beyond three deviations (Luo et al. 2021)."""

import numpy as np

from otoscope.attention_sinks.measure import LayerTokens, SinkMeasure, SinkScope
from otoscope.results.intervals import IDENTITY
from otoscope.typing import Floats

DEVIATIONS = 3.0


def value(tokens: LayerTokens) -> Floats:
    """Return the number of dimensions of an utterance."""
    assert tokens.hidden_kd is not None
    mean_d = np.asarray(tokens.hidden_kd, np.float64).mean(0)
    return np.asarray((np.abs(mean_d - mean_d.mean()) > DEVIATIONS * mean_d.std()).sum(), np.float64)


MEASURE = SinkMeasure(
    doc="dimensions of the mean hidden state before the layer more than 3 standard deviations from their mean",
    units="dimensions",
    source="Luo et al. 2021 (arXiv 2011.04393)",
    scope=SinkScope.layer,
    requires=("hidden_kd",),
    scale=IDENTITY,
    value=value,
)
