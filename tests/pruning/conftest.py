"""The tiny models, the tiny corpus, and a cache of trained probes for the tests."""

from tests.helpers.speech_fixtures import cache_of_the_tests
from tests.helpers.speech_samples import tiny_corpus, tiny_model, tiny_pretrained

__all__ = ["cache_of_the_tests", "tiny_corpus", "tiny_model", "tiny_pretrained"]
