"""Share of the columns that get at least half of the mass that uniform rows would give them."""

import numpy as np

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.measures import DecoderMeasure, TokenMap


def compute(tokens: TokenMap) -> float:
    """Return it for one head."""
    shares = tokens.shares_qk
    return float(np.mean(shares.sum(0) >= 0.5 * len(shares) / shares.shape[1]))


MEASURE = DecoderMeasure(frozenset({Kind.cross}), "share", compute)
