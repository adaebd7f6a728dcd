"""Mass on columns whose audio is silent, averaged over the rows; NaN without such columns."""

import numpy as np

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.measures import DecoderMeasure, TokenMap


def compute(tokens: TokenMap) -> float:
    """Return it for one head."""
    silent = tokens.labels.is_silent if tokens.labels else np.zeros(0, bool)
    return float(tokens.map_qk[:, silent].sum(-1).mean()) if silent.any() else np.nan


MEASURE = DecoderMeasure(frozenset({Kind.cross}), "share", compute)
