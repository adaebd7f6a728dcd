"""Decoders of speech transformers: load a transcriber, and capture what its decoder attends to."""
