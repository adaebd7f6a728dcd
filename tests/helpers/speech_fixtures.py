"""A tiny model in float64 with its prediction head, and its speech, for tests that score or rank."""

import pytest

from otoscope.models.load import load
from otoscope.runs.selection import Selection
from otoscope.runs.speech_source import SpeechSource, read_speech


@pytest.fixture(scope="session")
def encoder(tiny_pretrained):
    return load(tiny_pretrained, device="cpu", dtype="float64")


@pytest.fixture(scope="session")
def speech(encoder):
    """Three utterances of different length."""
    return read_speech(SpeechSource("bundled", Selection(limit=3)), encoder)
