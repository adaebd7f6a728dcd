"""Entropy of a row, averaged over the rows: 0 for one column, log of the number of columns for uniform attention."""

import numpy as np

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.measures import DecoderMeasure, TokenMap


def compute(tokens: TokenMap) -> float:
    """Return it for one head."""
    shares = tokens.shares_qk
    return float(-(shares * np.log(np.maximum(shares, 1e-12))).sum(-1).mean())


MEASURE = DecoderMeasure(frozenset({Kind.cross, Kind.own}), "nats", compute)
