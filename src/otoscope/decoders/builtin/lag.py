"""Median time by which the first column of the row after a word is later than the labelled end of the word.

The first columns are those of the best monotone path, as word times are made. NaN without labelled words.
"""

import numpy as np

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.measures import DecoderMeasure, TokenMap
from otoscope.decoders.warping import first_columns, standardize_rows


def compute(tokens: TokenMap) -> float:
    """Return it for one head."""
    if tokens.labels is None or tokens.labels.word_ends is None or not len(tokens.labels.word_ends):
        return np.nan
    words, ends = tokens.labels.words, tokens.labels.word_ends
    last_token = np.array([np.flatnonzero(words == word)[-1] for word in range(len(ends))])
    rows = last_token - tokens.first  # the row of a word's last token predicts the first token after it
    times = first_columns(standardize_rows(tokens.map_qk))[rows] * tokens.labels.period
    return float(np.median(times - ends))


MEASURE = DecoderMeasure(frozenset({Kind.cross}), "s", compute)
