"""Share of the steps from row to row in which the center of the attention does not go back."""

import numpy as np

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.measures import DecoderMeasure, TokenMap


def compute(tokens: TokenMap) -> float:
    """Return it for one head."""
    centers = tokens.shares_qk @ np.arange(tokens.map_qk.shape[1])
    return float(np.mean(np.diff(centers) >= 0)) if len(centers) > 1 else 1.0


MEASURE = DecoderMeasure(frozenset({Kind.cross}), "share", compute)
