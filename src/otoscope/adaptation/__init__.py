"""Adaptation of a model by gates of its heads: learned on labelled speech, on sounds, or both, and judged elsewhere."""

from typing import TYPE_CHECKING

from otoscope.registry import Registry

if TYPE_CHECKING:
    from otoscope.adaptation.objective import Objective

OBJECTIVES: "Registry[Objective]" = Registry("objectives", "otoscope.adaptation.builtin", "OBJECTIVE", separator="-")
"""All objectives, those of otoscope and those of installed plug-ins."""
