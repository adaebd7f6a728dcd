"""Analyses of whole attention maps: rollout, similarity of heads, value zeroing, pooling."""

from otoscope.maps.rollout import rollout
from otoscope.maps.similarity import layer_reuse, most_similar, similarity

__all__ = ["layer_reuse", "most_similar", "rollout", "similarity"]
