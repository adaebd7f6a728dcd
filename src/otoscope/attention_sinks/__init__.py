"""Attention sinks: which frames draw most of the attention, what they carry, and what is lost without them."""

from typing import TYPE_CHECKING

from otoscope.registry import Registry

if TYPE_CHECKING:  # names of measures need no torch
    from otoscope.attention_sinks.measure import SinkMeasure

SINK_MEASURES: "Registry[SinkMeasure]" = Registry("sink_measures", "otoscope.attention_sinks.builtin", "MEASURE")
"""All measures of sinks, those of otoscope and those of installed plug-ins."""

__all__ = ["SINK_MEASURES"]
