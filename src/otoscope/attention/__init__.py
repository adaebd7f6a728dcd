"""Intercept, compute, reduce and change the attention of speech transformers, one call of one layer at a time."""
