"""Tiny speech encoders of every family and its variants, saved as a user would save them."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from otoscope.models import FAMILIES
from otoscope.models.families import find_family
from otoscope.models.mockingjay import MockingjayFeatureExtractor
from otoscope.models.tiny_models import (
    CONFORMER,
    GROUP_NORM,
    LAYER_NORM,
    SHAPE,
    TinyModel,
    build_tiny_model,
    convolutional_model,
    randomize_weights,
    sample_extractor,
)

__all__ = ["BUILDERS", "PADDED", "SHAPE", "build", "noise", "randomize_weights", "save"]

VARIANTS: dict[str, Callable[[], TinyModel]] = {
    "wav2vec2-group": partial(convolutional_model, "Wav2Vec2", **GROUP_NORM),
    "wav2vec2-layer": partial(convolutional_model, "Wav2Vec2", **LAYER_NORM),
    "hubert-group": partial(convolutional_model, "Hubert", **GROUP_NORM),
    "hubert-layer": partial(convolutional_model, "Hubert", **LAYER_NORM),
    "wavlm-group": partial(convolutional_model, "WavLM", **GROUP_NORM),
    "wavlm-layer": partial(convolutional_model, "WavLM", **LAYER_NORM),
    "wav2vec2-conformer-relative": partial(
        convolutional_model, "Wav2Vec2Conformer", **CONFORMER, position_embeddings_type="relative"
    ),
    "wav2vec2-conformer-rotary": partial(
        convolutional_model, "Wav2Vec2Conformer", **CONFORMER, position_embeddings_type="rotary"
    ),
}
BUILDERS = VARIANTS | {
    family.model_type: family.tiny_model
    for family in FAMILIES.select().values()
    if not any(name.startswith(f"{family.model_type}-") for name in VARIANTS)
}
PADDED = {
    "mockingjay",
    "tera",
    "audioalbert",
    "wav2vec2-layer",
    "hubert-layer",
    "unispeech",
    "unispeech-sat",
    "wavlm-layer",
    "wav2vec2-bert",
    "whisper",
    "audio-spectrogram-transformer",
    "qwen2_audio_encoder",
    "parakeet_encoder",
}


def save(model: Any, folder: Path, extractor: Any = None) -> Path:
    """Save a model and the feature extractor of its family in one folder."""
    model.save_pretrained(folder)
    is_mockingjay = model.config.model_type == "mockingjay"
    (extractor or (MockingjayFeatureExtractor() if is_mockingjay else sample_extractor())).save_pretrained(folder)
    return folder


def build(name: str, folder: Path) -> Path:
    """Save the tiny model of a family, or of a variant of one."""
    variant = name.rsplit("-", 1)[0]
    family = find_family(variant if name in VARIANTS else name)
    assert family is not None
    model, extractor = build_tiny_model(family, BUILDERS[name])
    return save(model, folder, extractor)


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    """Return noise at 16 kHz whose loudness varies, so that frames differ."""
    rng = np.random.default_rng(seed)
    samples = int(seconds * 16000)
    loudness = np.repeat(np.exp(rng.normal(size=samples // 800 + 1)), 800)[:samples]
    return (0.05 * loudness * rng.normal(size=samples)).astype(np.float32)
