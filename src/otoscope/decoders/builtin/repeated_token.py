"""Mass on earlier places of the row's own token, averaged over rows whose token came before."""

import numpy as np

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.measures import DecoderMeasure, TokenMap


def compute(tokens: TokenMap) -> float:
    """Return it for one head."""
    if tokens.labels is None:
        return np.nan
    ids, rows = tokens.labels.tokens, tokens.first + np.arange(len(tokens.map_qk))
    is_same = (ids[None] == ids[rows][:, None]) & (np.arange(len(ids))[None] < rows[:, None])
    masses = (tokens.map_qk * is_same).sum(-1)[is_same.any(-1)]
    return float(masses.mean()) if len(masses) else np.nan


MEASURE = DecoderMeasure(frozenset({Kind.own}), "share", compute)
