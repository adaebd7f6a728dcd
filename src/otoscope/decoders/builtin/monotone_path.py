"""Mass on the best monotone path, which has one column in each row and never goes back, averaged over the rows."""

import numpy as np

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.measures import DecoderMeasure, TokenMap


def compute(tokens: TokenMap) -> float:
    """Return it for one head."""
    best_k = np.zeros(tokens.map_qk.shape[1])
    for row_k in tokens.shares_qk:
        best_k = np.maximum.accumulate(best_k) + row_k
    return float(best_k.max() / len(tokens.map_qk))


MEASURE = DecoderMeasure(frozenset({Kind.cross}), "share", compute)
