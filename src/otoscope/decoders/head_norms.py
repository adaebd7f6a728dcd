"""How sharp and how spread over the audio the maps of heads are: large where a head follows the speech."""

import numpy as np

from otoscope.decoders.attention_record import Head
from otoscope.decoders.capture import DecoderMaps


def head_norms(maps: DecoderMaps) -> dict[Head, float]:
    """Return the sum of the norms of the rows of the text and of the columns of each head (arXiv 2509.09987)."""
    first, last = maps.first_token_row, len(maps.text.ids) - 1

    def norm(head: Head) -> float:
        rows = maps.cross[head][first:last].astype(np.float64)
        return float(np.linalg.norm(rows, axis=0).sum() + np.linalg.norm(rows, axis=1).sum())

    return {head: norm(head) for head in maps.cross}
