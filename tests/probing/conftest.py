"""A tiny model in float64, with and without its prediction head, and some speech."""

import pytest

from otoscope.engine.sources import Source, read_speech
from otoscope.models.load import load
from speech_samples import tiny_corpus, tiny_model, tiny_pretrained

__all__ = ["tiny_corpus", "tiny_model", "tiny_pretrained"]


@pytest.fixture(autouse=True)
def _no_cache_of_the_person(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("OTOSCOPE_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session")
def encoder(tiny_pretrained):
    return load(tiny_pretrained, device="cpu", dtype="float64")


@pytest.fixture(scope="session")
def speech(encoder):
    """Three utterances of different length."""
    return read_speech(Source("embedded", limit=3), encoder)
