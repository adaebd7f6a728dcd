"""What is told over the whole attention maps of one utterance. Knows no torch."""

from otoscope.views.rollout import rollout
from otoscope.views.similar import layer_reuse, most_similar, similarity
from otoscope.views.tables import similar_heads, similar_heads_table

__all__ = ["layer_reuse", "most_similar", "rollout", "similar_heads", "similar_heads_table", "similarity"]
