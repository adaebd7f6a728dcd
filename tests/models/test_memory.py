"""The memory that a run will take is estimated for every family, before it runs."""

import pytest
from tests.helpers.tiny_models import noise

from otoscope.models.encoder import Encoder
from otoscope.models.memory import estimate_memory

pytestmark = pytest.mark.slow


def test_every_family_has_an_estimate_that_grows_with_the_audio(encoder: Encoder) -> None:
    """Also families that give their layers a mask, of which a run without data knows no value."""
    short, long = (estimate_memory(encoder, noise(seconds)) for seconds in (1.0, 4.0))
    fixed = encoder.family.model_type in ("whisper", "audio-spectrogram-transformer", "qwen2_audio_encoder")
    assert short == long if fixed else 2 * short < long
