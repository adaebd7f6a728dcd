"""The validation part of a segmentation, and what it is scored with."""

from collections.abc import Sequence
from dataclasses import dataclass

from otoscope.models.encoder import Encoder
from otoscope.segmentation.levels import LEVELS, BoundaryLevel
from otoscope.segmentation.options import SegmentationOptions
from otoscope.segmentation.split import LabelledUtterance


@dataclass(frozen=True, eq=False)
class SearchPart:
    """What a search tunes on.

    Attributes:
        encoder: the model.
        utterances: utterances with labels.
        options: level, tolerance, number of shifts, and the protocol of the R-value.
    """

    encoder: Encoder
    utterances: Sequence[LabelledUtterance]
    options: SegmentationOptions

    @property
    def level(self) -> BoundaryLevel:
        """Return the level whose boundaries are tuned for."""
        return LEVELS[self.options.level]

    @property
    def tolerance(self) -> float:
        """Return the tolerance of the R-value in seconds."""
        return self.options.seconds
