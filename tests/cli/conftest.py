"""The tiny model and corpus."""

from speech_samples import tiny_corpus, tiny_model

__all__ = ["tiny_corpus", "tiny_model"]
