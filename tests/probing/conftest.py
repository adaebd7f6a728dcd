"""The tiny models and the tiny corpus."""

from tests.helpers.speech_fixtures import encoder, speech
from tests.helpers.speech_samples import tiny_corpus, tiny_model, tiny_pretrained

__all__ = ["encoder", "speech", "tiny_corpus", "tiny_model", "tiny_pretrained"]
