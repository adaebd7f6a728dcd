"""Refined models: fewer heads, units or multiplications, in a folder that transformers loads, and what they cost."""

from typing import TYPE_CHECKING

from otoscope.registry import Registry

if TYPE_CHECKING:  # names of methods need no torch
    from otoscope.refinement.reduction_method import ReductionMethod

REDUCTION_METHODS: "Registry[ReductionMethod]" = Registry(
    "reduction_methods", "otoscope.refinement.builtin", "METHOD", separator="-"
)
"""All methods to reach a budget of multiplications, those of otoscope and those of installed plug-ins."""
