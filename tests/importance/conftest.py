"""The tiny models, the tiny corpus, and its speech as the tiny encoder reads it."""

from tests.helpers.speech_fixtures import encoder, speech
from tests.helpers.speech_samples import tiny_corpus, tiny_model, tiny_pretrained

__all__ = ["encoder", "speech", "tiny_corpus", "tiny_model", "tiny_pretrained"]
