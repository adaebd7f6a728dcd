"""otoscope: show, measure, rank and refine the self-attention of speech models."""
