"""The tiny model and the tiny corpus."""

from tests.helpers.speech_samples import tiny_corpus, tiny_pretrained

__all__ = ["tiny_corpus", "tiny_pretrained"]
