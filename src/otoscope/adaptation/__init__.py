"""Make a model better by few numbers, and test it on speakers and kinds of sound that chose nothing.

A gate multiplies the output of a head by a scale, and divides its attention scores by a temperature. `adapt` learns
gates from labelled speech (to adapt), or from sounds without speech that should get no text (to calm), or both.
`improve` tries changes of an encoder, such as heads that are removed, and keeps those that a probe reads better.
"""

from typing import TYPE_CHECKING

from otoscope.registry import Registry

if TYPE_CHECKING:
    from otoscope.adaptation.objective import Objective

OBJECTIVES: "Registry[Objective]" = Registry("objectives", "otoscope.adaptation.builtin", "OBJECTIVE", separator="-")
"""All objectives, those of otoscope and those of installed plug-ins."""
