"""Whisper (Radford et al. 2023): its encoder attends to the silence that pads all audio."""

from typing import Any

from otoscope.models.families import Family
from otoscope.models.front_ends import WhisperFrames
from otoscope.models.tiny_models import DECODER, TOKENS, WHISPER, TinyModel


def seconds_of_positions(config: Any) -> float:
    """Return the seconds of audio for which the model has positions of 20 ms."""
    return config.max_source_positions / 50


def _tiny_model() -> TinyModel:
    import transformers

    config = transformers.WhisperConfig(**WHISPER | DECODER | TOKENS)
    model = transformers.WhisperForConditionalGeneration(config)
    return model, transformers.WhisperFeatureExtractor(feature_size=16, chunk_length=6)


FAMILY = Family(
    "whisper",
    "WhisperEncoder",
    WhisperFrames(),
    max_seconds=seconds_of_positions,
    sees_silence=True,
    tiny_model=_tiny_model,
    tiny_gain=3.0,  # its frames are similar to each other
)
