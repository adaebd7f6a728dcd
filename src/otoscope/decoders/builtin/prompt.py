"""Mass on the tokens before the text, averaged over the rows."""

import numpy as np

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.measures import DecoderMeasure, TokenMap


def compute(tokens: TokenMap) -> float:
    """Return it for one head."""
    return float(np.mean(tokens.map_qk[:, : tokens.first + 1].sum(-1)))


MEASURE = DecoderMeasure(frozenset({Kind.own}), "share", compute)
