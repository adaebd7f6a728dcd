"""Mass on the column with the most mass of all rows, averaged over the rows."""

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.measures import DecoderMeasure, TokenMap


def compute(tokens: TokenMap) -> float:
    """Return it for one head."""
    return float(tokens.map_qk.mean(0).max())


MEASURE = DecoderMeasure(frozenset({Kind.cross}), "share", compute)
