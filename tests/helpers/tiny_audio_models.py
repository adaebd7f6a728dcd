"""Tiny random audio language models of transformers, with inputs that have audio tokens in the text."""

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
import transformers
from torch import Tensor

AUDIO = 7
TEXT = {
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 4,
    "vocab_size": 20,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
}
WHISPER_LIKE = {
    "d_model": 16,
    "hidden_size": 16,
    "intermediate_size": 64,
    "encoder_layers": 1,
    "num_hidden_layers": 1,
    "encoder_attention_heads": 2,
    "num_attention_heads": 2,
    "encoder_ffn_dim": 64,
    "num_mel_bins": 8,
    "max_source_positions": 16,
}
FRAMES = 32


def _features(**shape: Any) -> dict[str, Tensor]:
    return {"input_features": torch.randn(1, 8, FRAMES, generator=torch.Generator().manual_seed(0)), **shape}


def qwen2_audio() -> tuple[Any, dict[str, Tensor], int]:
    config = transformers.Qwen2AudioConfig(
        audio_config=WHISPER_LIKE, text_config={"model_type": "qwen2", **TEXT}, audio_token_index=AUDIO
    )
    mask = torch.ones(1, FRAMES, dtype=torch.long)
    return transformers.Qwen2AudioForConditionalGeneration(config), _features(feature_attention_mask=mask), 8


def voxtral() -> tuple[Any, dict[str, Tensor], int]:
    config = transformers.VoxtralConfig(
        audio_config=WHISPER_LIKE, text_config={"model_type": "llama", **TEXT}, audio_token_id=AUDIO
    )
    return transformers.VoxtralForConditionalGeneration(config), _features(), 4


def granite_speech() -> tuple[Any, dict[str, Tensor], int]:
    encoder = {
        "input_dim": 8,
        "num_layers": 1,
        "hidden_dim": 16,
        "feedforward_mult": 1,
        "num_heads": 2,
        "dim_head": 8,
        "output_dim": 8,
        "context_size": 8,
        "max_pos_emb": 8,
        "conv_kernel_size": 3,
    }
    projector = {
        "model_type": "blip_2_qformer",
        "hidden_size": 16,
        "num_hidden_layers": 1,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "encoder_hidden_size": 16,
        "cross_attention_frequency": 1,
    }
    config = transformers.GraniteSpeechConfig(
        encoder_config=encoder,
        projector_config=projector,
        text_config={"model_type": "granite", **TEXT},
        audio_token_index=AUDIO,
        has_lora_adapter=False,
        window_size=15,
        downsample_rate=5,
    )
    inputs = {"input_features": torch.randn(1, 30, 8), "input_features_mask": torch.ones(1, 6, dtype=torch.bool)}
    return transformers.GraniteSpeechForConditionalGeneration(config), inputs, 6


BUILDERS: dict[str, Callable[[], tuple[Any, dict[str, Tensor], int]]] = {
    "qwen2_audio": qwen2_audio,
    "voxtral": voxtral,
    "granite_speech": granite_speech,
}


@cache
def audio_model(name: str) -> tuple[Any, dict[str, Tensor]]:
    """Return a tiny model and inputs: two tokens, the audio, and three tokens."""
    torch.manual_seed(0)
    model, features, count = BUILDERS[name]()
    ids = torch.tensor([[3, 4, *[AUDIO] * count, 5, 6, 8]])
    return model.eval(), {"input_ids": ids, "attention_mask": torch.ones_like(ids), **features}
