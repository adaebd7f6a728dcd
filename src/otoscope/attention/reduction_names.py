"""Name the reductions of an attention map that need more than queries and keys. Imports no torch.

The names are fields of `otoscope.attention.reductions.Reductions`.
"""

VALUE_NORM = "value_norm"
ATTENTION_OUTSIDE = "attention_outside"

REQUIRES_LABELS = frozenset({"labels", "label_mass", "own_run_mass"})
"""Reductions of speech whose phones are labelled."""

REQUIRES_MODEL = frozenset({VALUE_NORM, ATTENTION_OUTSIDE})
"""Reductions that only some models provide (`Encoder.model_reductions`); the kernels compute all others."""
