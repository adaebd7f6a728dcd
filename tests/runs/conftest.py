"""The tiny model and corpus."""

from tests.helpers.speech_samples import tiny_corpus, tiny_model

__all__ = ["tiny_corpus", "tiny_model"]
