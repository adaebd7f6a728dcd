"""Thumbnails of all heads on one utterance, in the size in which the atlas shows them."""

import numpy as np
import numpy.typing as npt

from otoscope.maps.pooling import block_means
from otoscope.results.stored_map import OVERVIEW
from otoscope.viewer.quantise import encode

Bytes = npt.NDArray[np.uint8]


def thumbnail(attn_qk: npt.NDArray[np.floating]) -> Bytes:
    """Return a map's means over blocks of frames, one byte each.

    >>> thumbnail(np.full((300, 300), 1 / 300)).shape
    (75, 75)
    """
    return encode(block_means(attn_qk, OVERVIEW))
