"""Mass on earlier tokens of the word whose next token the row predicts, averaged over rows with such tokens."""

import numpy as np

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.measures import DecoderMeasure, TokenMap


def compute(tokens: TokenMap) -> float:
    """Return it for one head."""
    if tokens.labels is None:
        return np.nan
    words = tokens.labels.words
    rows = tokens.first + np.arange(len(tokens.map_qk))
    is_same = (words[None] == words[rows + 1][:, None]) & (words[None] >= 0)
    is_same &= np.arange(len(words))[None] <= rows[:, None]
    masses = (tokens.map_qk * is_same).sum(-1)[is_same.any(-1)]
    return float(masses.mean()) if len(masses) else np.nan


MEASURE = DecoderMeasure(frozenset({Kind.own}), "share", compute)
