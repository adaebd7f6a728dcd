"""The audio encoder of Qwen2-Audio (Chu et al. 2024): Whisper's, with a mask, and frames averaged by two."""

from typing import Any

from otoscope.models.builtin.whisper import seconds_of_positions
from otoscope.models.families import Family
from otoscope.models.front_ends import WhisperFrames
from otoscope.models.tiny_models import WHISPER, TinyModel


def _num_outputs(config: Any, samples: int) -> int:
    """Return the number of frames averaged by two; a remainder is dropped."""
    return WhisperFrames().num_frames(config, samples) // 2


def _tiny_model() -> TinyModel:
    import transformers

    text = {"model_type": "qwen2", "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "vocab_size": 20}
    audio = WHISPER | {"model_type": "qwen2_audio_encoder"}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2}
    config = transformers.Qwen2AudioConfig(audio_config=audio, text_config=text | heads, audio_token_index=19)
    model = transformers.Qwen2AudioForConditionalGeneration(config)
    return model, transformers.WhisperFeatureExtractor(feature_size=16, chunk_length=6)


FAMILY = Family(
    "qwen2_audio_encoder",
    "Qwen2AudioEncoder",
    WhisperFrames(),
    num_outputs=_num_outputs,
    max_seconds=seconds_of_positions,
    tiny_model=_tiny_model,
    tiny_gain=3.0,  # its frames are similar to each other
)
