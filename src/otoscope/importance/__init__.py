"""Rank the attention heads of a model by their importance; each ranking is a plug-in."""

from typing import TYPE_CHECKING

from otoscope.registry import Registry

if TYPE_CHECKING:  # names of rankings need no torch
    from otoscope.importance.ranking import Ranking

RANKINGS: "Registry[Ranking]" = Registry("rankings", "otoscope.importance.builtin", "RANKING", separator="-")
"""All rankings, those of otoscope and those of installed plug-ins."""

__all__ = ["RANKINGS"]
