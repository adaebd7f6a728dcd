"""One picture of all heads of a run on one utterance: rows are layers, columns are heads."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.colors import LogNorm, to_rgb
from matplotlib.image import imsave

from otoscope.figures.attention_map import FAINTEST, STRONGEST
from otoscope.figures.style.theme import LIGHT
from otoscope.maps.pooling import block_means
from otoscope.viewer.quantise import decode
from otoscope.viewer.run_session import RunSession

CELL, GAP = 44, 3
"""Pixels along a map, and between two."""


def save_contact_sheet(session: RunSession, utterance: int, path: Path) -> None:
    """Save the picture of an utterance as PNG. Raises what `RunSession.thumbnails` raises."""
    imsave(path, contact_sheet(session, utterance))


def contact_sheet(session: RunSession, utterance: int) -> npt.NDArray[np.uint8]:
    """Return the picture of an utterance `[y, x, rgb]`; places of absent heads have the colour of the surface."""
    info = session.info
    columns = max(head.head for head in info.heads) + 1
    surface = np.array(to_rgb(LIGHT.surface))
    sheet = np.tile(surface, (info.layers * (CELL + GAP) + GAP, columns * (CELL + GAP) + GAP, 1))
    for layer in range(info.layers):
        heads = [head for head in info.heads if head.layer == layer]
        codes = session.thumbnails(utterance, layer)
        for head, code in zip(heads, codes, strict=True):
            top, left = (GAP + index * (CELL + GAP) for index in (layer, head.head))
            frames = info.utterances[utterance].frames
            sheet[top : top + CELL, left : left + CELL] = _cell(decode(code), frames, head.category)
    return np.round(255 * sheet).astype(np.uint8)


def _cell(weights: npt.NDArray[np.float32], frames: int, category: str) -> npt.NDArray[np.float64]:
    """Return a map as `[CELL, CELL, rgb]`; weights are relative to uniform attention over `frames`."""
    small = block_means(weights, CELL)
    places = np.arange(CELL) * len(small) // CELL
    shares = LogNorm(FAINTEST, STRONGEST, clip=True)(np.maximum(frames * small, FAINTEST))
    return np.asarray(LIGHT.ramp(category)(shares)[places][:, places, :3])
