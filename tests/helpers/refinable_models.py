"""Tiny models of every family that can be refined, in folders, and what refined ones are compared with."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from tests.helpers.tiny_models import noise
from torch import Tensor
from transformers import AutoFeatureExtractor, AutoModel, PreTrainedModel

MEASURED = (
    "mockingjay",
    "tera",
    "wav2vec2-group",
    "wav2vec2-layer",
    "hubert-group",
    "hubert-layer",
    "data2vec-audio",
    "unispeech-sat",
    "whisper",
)
PATCHES = "audio-spectrogram-transformer"
WHOLE_LAYER = [(1, head) for head in range(4)]
EVERYTHING = [(layer, head) for layer in range(3) for head in range(4)]
SOME = [(0, 1), (2, 0), (2, 1), (2, 3)]


def plain(folder: Path, waves: Sequence[np.ndarray] = (noise(0.9),)) -> Tensor:
    """Final hidden states `[B, T, d]` of one wave, or of several padded ones, by transformers alone."""
    extractor = AutoFeatureExtractor.from_pretrained(folder)
    model = encoder_alone(AutoModel.from_pretrained(folder).eval())
    options = {} if len(waves) == 1 else {"padding": True, "return_attention_mask": True}
    inputs = extractor(list(waves), sampling_rate=16000, return_tensors="pt", **options)
    if len(waves) == 1:
        inputs.pop("attention_mask", None)
    with torch.inference_mode():
        return model(**inputs).last_hidden_state


def encoder_alone(model: PreTrainedModel) -> PreTrainedModel:
    """Return the encoder of a model with a decoder, or the model itself."""
    return model.encoder if model.config.is_encoder_decoder and hasattr(model, "encoder") else model


def relative(measured: Tensor, expected: Tensor) -> float:
    """Largest difference over the largest expected value."""
    assert measured.shape == expected.shape
    return float((measured - expected).abs().max() / expected.abs().max())
