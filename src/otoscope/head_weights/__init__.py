"""What the weights of heads say without any speech; each measure is a plug-in."""

from typing import TYPE_CHECKING

from otoscope.registry import Registry

if TYPE_CHECKING:  # names of measures need no torch
    from otoscope.head_weights.measure import WeightMeasure

WEIGHT_MEASURES: "Registry[WeightMeasure]" = Registry("weight_measures", "otoscope.head_weights.builtin", "MEASURE")
"""All measures of weights, those of otoscope and those of installed plug-ins."""

__all__ = ["WEIGHT_MEASURES"]
