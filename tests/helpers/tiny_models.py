"""Tiny speech encoders of every family and its variants, saved as a person would save them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import transformers as hf

from otoscope.models import tiny_models as tiny
from otoscope.models.mockingjay import MockingjayFeatureExtractor
from otoscope.models.tiny_models import CONFORMER, GROUP, LAYER, SHAPE, TINY, Tiny, sharpen, wav2vec2_like

__all__ = ["BUILDERS", "PADDED", "SHAPE", "build", "noise", "save", "sharpen"]

VARIANTS: dict[str, Callable[[], Tiny]] = {
    "wav2vec2-group": wav2vec2_like(hf.Wav2Vec2Model, hf.Wav2Vec2Config, **GROUP),
    "wav2vec2-layer": wav2vec2_like(hf.Wav2Vec2Model, hf.Wav2Vec2Config, **LAYER),
    "hubert-group": wav2vec2_like(hf.HubertModel, hf.HubertConfig, **GROUP),
    "hubert-layer": wav2vec2_like(hf.HubertModel, hf.HubertConfig, **LAYER),
    "wavlm-group": wav2vec2_like(hf.WavLMModel, hf.WavLMConfig, **GROUP),
    "wavlm-layer": wav2vec2_like(hf.WavLMModel, hf.WavLMConfig, **LAYER),
    "wav2vec2-conformer-relative": wav2vec2_like(
        hf.Wav2Vec2ConformerModel, hf.Wav2Vec2ConformerConfig, **CONFORMER, position_embeddings_type="relative"
    ),
    "wav2vec2-conformer-rotary": wav2vec2_like(
        hf.Wav2Vec2ConformerModel, hf.Wav2Vec2ConformerConfig, **CONFORMER, position_embeddings_type="rotary"
    ),
}
BUILDERS = VARIANTS | {
    family: builder for family, builder in TINY.items() if not any(name.startswith(f"{family}-") for name in VARIANTS)
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
    """The model and the feature extractor of its family, in one folder."""
    model.save_pretrained(folder)
    ours = model.config.model_type == "mockingjay"
    (extractor or (MockingjayFeatureExtractor() if ours else tiny.samples())).save_pretrained(folder)
    return folder


def build(name: str, folder: Path) -> Path:
    model, extractor = tiny.build(name, BUILDERS[name])
    return save(model, folder, extractor)


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise at 16 kHz that grows louder and softer, so that frames differ."""
    rng = np.random.default_rng(seed)
    samples = int(seconds * 16000)
    loudness = np.repeat(np.exp(rng.normal(size=samples // 800 + 1)), 800)[:samples]
    return (0.05 * loudness * rng.normal(size=samples)).astype(np.float32)
