"""Mass on the padding after the real audio, averaged over the rows."""

import numpy as np

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.measures import DecoderMeasure, TokenMap


def compute(tokens: TokenMap) -> float:
    """Return it for one head."""
    return float(np.mean(1 - tokens.map_qk.sum(-1)))


MEASURE = DecoderMeasure(frozenset({Kind.cross}), "share", compute)
