"""Distance alone: pieces near the frames that the output reads score higher, without the model."""

import numpy as np

from otoscope.attribution.attribution import Attribution, AttributionContext
from otoscope.typing import Floats


def score(context: AttributionContext) -> Floats:
    """Return minus the mean distance in frames between a piece and what the output reads, `[n, z]`."""
    frame_t = np.arange(context.pieces.frames)
    distance_tt = np.abs(frame_t[:, None] - frame_t)
    return -context.pieces.means(context.outputs.reads_nt @ distance_tt)


ATTRIBUTION = Attribution(
    name="distance",
    doc="Nearness in time to the frames that the output reads: a control without the model.",
    source="a control of otoscope",
    role="control",
    function=score,
)
