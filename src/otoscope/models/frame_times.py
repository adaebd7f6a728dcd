"""The times of attention frames."""

import numpy as np

from otoscope.models.encoder import Encoder
from otoscope.typing import AnyFloats


def frame_centres(encoder: Encoder, frames: int) -> AnyFloats:
    """Return the seconds from the start of the audio to the centre of each of the first frames, `[T]`."""
    return encoder.first_frame_center + encoder.frame_period * np.arange(frames)
