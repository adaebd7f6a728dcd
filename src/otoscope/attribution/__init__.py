"""Which frames an output depends on, by relevance and by attention, and how far the two agree."""

from typing import TYPE_CHECKING

from otoscope.registry import Registry

if TYPE_CHECKING:  # names of attributions need no torch
    from otoscope.attribution.attribution import Attribution
    from otoscope.attribution.scored_output import ScoredOutput

ATTRIBUTIONS: "Registry[Attribution]" = Registry(
    "attributions", "otoscope.attribution.builtin", "ATTRIBUTION", separator="-"
)
"""All attributions, those of otoscope and those of installed plug-ins."""
OUTPUTS: "Registry[ScoredOutput]" = Registry("outputs", "otoscope.attribution.outputs.builtin", "OUTPUT")
"""All outputs that can be attributed to frames, those of otoscope and those of installed plug-ins."""

__all__ = ["ATTRIBUTIONS", "OUTPUTS"]
