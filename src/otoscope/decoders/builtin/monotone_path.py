"""Mass on the best monotone path, averaged over the rows: one column in each row, and never back.

A path that stays at a sink is monotone too.
"""

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
