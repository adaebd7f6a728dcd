"""Mass on the row's own token, averaged over the rows."""

import numpy as np

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.measures import DecoderMeasure, TokenMap


def compute(tokens: TokenMap) -> float:
    """Return it for one head."""
    rows = np.arange(len(tokens.map_qk))
    return float(np.mean(tokens.map_qk[rows, rows + tokens.first]))


MEASURE = DecoderMeasure(frozenset({Kind.own}), "share", compute)
