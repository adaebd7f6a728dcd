"""How far a row is from uniform attention to the columns that it can attend to, averaged over the rows.

It is the log of their number less the entropy, as the structure of encoder heads: 0 for uniform attention.
"""

import numpy as np

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.measures import DecoderMeasure, TokenMap


def compute(tokens: TokenMap) -> float:
    """Return it for one head."""
    shares_qk = tokens.shares_qk
    rows, columns = shares_qk.shape
    count_q = tokens.first + 1 + np.arange(rows) if tokens.is_causal else np.full(rows, columns)
    entropy_q = -(shares_qk * np.log(np.maximum(shares_qk, 1e-12))).sum(-1)
    return float(np.mean(np.log(count_q) - entropy_q))


MEASURE = DecoderMeasure(frozenset({Kind.cross, Kind.own}), "nats", compute)
