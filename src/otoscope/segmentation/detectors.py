"""Detectors of boundaries between units of any length: plug-ins that score each frame of a map or of hidden states.

A detector compares what is before a frame with what is after it, over a width of some frames. Low scores are
boundaries. `detector_search` tunes head or layer, width, smoothing and least depth of a minimum.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from otoscope.registry import Registry
from otoscope.typing import Floats


@dataclass(frozen=True)
class Detector:
    """One detector.

    Attributes:
        doc: one sentence about the score.
        features: what the score is computed from: the `map` `[T, T]` of a head, or the `states` `[T, d]` of a layer.
        score: function from the features and the widths in frames to scores `[width, T]`, low at boundaries.
        is_of_border: whether the score of a frame is that of the border before it, instead of its middle.
        signs: 1 if minima of the score are boundaries, -1 for maxima; the validation part chooses from several.

    Examples:
        >>> DETECTORS.names()
        ('attention-change', 'block-diagonal', 'state-norm')
    """

    doc: str
    features: Literal["map", "states"]
    score: Callable[[Floats, tuple[int, ...]], Floats]
    is_of_border: bool = True
    signs: tuple[int, ...] = (1,)


DETECTORS: Registry[Detector] = Registry("detectors", "otoscope.segmentation.builtin", "DETECTOR", separator="-")
"""All detectors, those of otoscope and those of installed plug-ins."""
