"""The tiny model and corpus."""

from tests.helpers.speech_samples import tiny_corpus, tiny_model, tiny_pretrained

__all__ = ["tiny_corpus", "tiny_model", "tiny_pretrained"]
