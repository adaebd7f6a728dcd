"""Mass on the token before the own one, averaged over the rows."""

import numpy as np

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.measures import DecoderMeasure, TokenMap


def compute(tokens: TokenMap) -> float:
    """Return it for one head."""
    rows = np.arange(len(tokens.map_qk))
    return float(np.mean(np.where(rows + tokens.first > 0, tokens.map_qk[rows, rows + tokens.first - 1], 0)))


MEASURE = DecoderMeasure(frozenset({Kind.own}), "share", compute)
