"""Label frames: the grid of time on which phones and boundaries are compared."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from otoscope.errors import InputError

if TYPE_CHECKING:  # the options of every command import this package, which then imports no numpy
    from otoscope.typing import Floats

DEFAULT_PERIOD = 0.010  # seconds between label frames


@dataclass(frozen=True)
class LabelFrames:
    """Where label frames lie in time: every `period` seconds, the first centred at `origin` seconds.

    Each frame of the model covers `repeat` label frames (3 for a model whose frames come every 30 ms and labels every
    10 ms). `origin` is 0 for features whose first window is centred on the first sample.

    Raises:
        InputError: period not above zero, repeat not a whole number from 1.

    Examples:
        >>> import numpy as np
        >>> LabelFrames(period=0.010, repeat=3).seconds(np.array([2.0, 3.5])).tolist()
        [0.02, 0.035]
    """

    period: float = DEFAULT_PERIOD
    repeat: int = 1
    origin: float = 0.0

    def __post_init__(self) -> None:
        """Check."""
        if not (math.isfinite(self.period) and self.period > 0 and math.isfinite(self.origin)):
            raise InputError(f"expected a period above 0 and an origin in seconds, got {self.period} and {self.origin}")
        if not (self.repeat >= 1 and self.repeat % 1 == 0):
            raise InputError(
                f"expected every frame to be repeated a whole number of times, got {self.repeat}; "
                "choose a label period that divides the model's frame period"
            )

    @classmethod
    def for_model(cls, frame_period: float, first_centre: float) -> "LabelFrames":
        """The label frames that evenly fill a model's frames, as near to 10 ms apart as they can be.

        Args:
            frame_period: seconds from one frame of the model to the next.
            first_centre: seconds at which its first frame is centred.

        Examples:
            >>> LabelFrames.for_model(frame_period=0.02, first_centre=0.0125)  # wav2vec 2.0
            LabelFrames(period=0.01, repeat=2, origin=0.0075)
            >>> LabelFrames.for_model(frame_period=0.016, first_centre=0.0)
            LabelFrames(period=0.008, repeat=2, origin=-0.004)
        """
        repeat = max(1, round(frame_period / DEFAULT_PERIOD))
        period = frame_period / repeat
        return cls(period, repeat, round(first_centre - (repeat - 1) / 2 * period, ndigits=9))

    def seconds(self, frames: "Floats") -> "Floats":
        """Times of label frames, which may lie between two."""
        return self.origin + self.period * frames


DEFAULT_LABEL_FRAMES = LabelFrames()
