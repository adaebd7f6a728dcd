"""Tiny speech encoders of every family, random but far from uniform attention, saved as a person would save them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import (
    Data2VecAudioConfig,
    Data2VecAudioModel,
    HubertConfig,
    HubertModel,
    UniSpeechSatConfig,
    UniSpeechSatModel,
    Wav2Vec2Config,
    Wav2Vec2FeatureExtractor,
    Wav2Vec2Model,
    WavLMConfig,
    WavLMModel,
)

from otoscope.models.mockingjay import MockingjayConfig, MockingjayFeatureExtractor, MockingjayModel

SHAPE = {"hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 64}
FRONT_END = {
    "conv_dim": (32, 32, 32),
    "conv_kernel": (10, 8, 4),
    "conv_stride": (5, 16, 4),
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}
GROUP = {"feat_extract_norm": "group"}
LAYER = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}


def convolutional(model: Any, config: Any, norm: dict[str, Any]) -> Callable[[], nn.Module]:
    return lambda: model(config(**SHAPE, **FRONT_END, **norm))


def mockingjay() -> nn.Module:
    return MockingjayModel(MockingjayConfig(**SHAPE, downsample_rate=2))


def data2vec() -> nn.Module:
    front_end = FRONT_END | {"num_conv_pos_embeddings": 2, "conv_pos_kernel_size": 7}
    return Data2VecAudioModel(Data2VecAudioConfig(**SHAPE, **front_end))


BUILDERS: dict[str, Callable[[], nn.Module]] = {
    "mockingjay": mockingjay,
    "wav2vec2-group": convolutional(Wav2Vec2Model, Wav2Vec2Config, GROUP),
    "wav2vec2-layer": convolutional(Wav2Vec2Model, Wav2Vec2Config, LAYER),
    "hubert-group": convolutional(HubertModel, HubertConfig, GROUP),
    "hubert-layer": convolutional(HubertModel, HubertConfig, LAYER),
    "data2vec-audio": data2vec,
    "unispeech-sat": convolutional(UniSpeechSatModel, UniSpeechSatConfig, LAYER),
    "wavlm-group": convolutional(WavLMModel, WavLMConfig, GROUP),
    "wavlm-layer": convolutional(WavLMModel, WavLMConfig, LAYER),
}
PADDED = {"mockingjay", "wav2vec2-layer", "hubert-layer", "unispeech-sat", "wavlm-layer"}


def sharpen(model: nn.Module) -> nn.Module:
    """Weights of unit gain (queries and keys twice that), biases that are not zero, a position bias that matters."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            gain = 2.0 if name.endswith(("q_proj", "k_proj", "query", "key")) else 1.0
            nn.init.normal_(module.weight, std=gain * module.in_features**-0.5)
            nn.init.normal_(module.bias, std=0.3)
        if name.endswith("rel_attn_embed"):
            nn.init.normal_(module.weight, std=2.0)
    for name, parameter in model.named_parameters():
        if name.endswith("gru_rel_pos_const"):
            nn.init.uniform_(parameter, 0.5, 2.0)
    return model


def save(model: nn.Module, folder: Path) -> Path:
    """The model and the feature extractor of its family, in one folder."""
    model.save_pretrained(folder)
    ours = model.config.model_type == "mockingjay"
    extractor = MockingjayFeatureExtractor() if ours else Wav2Vec2FeatureExtractor(do_normalize=True)
    extractor.save_pretrained(folder)
    return folder


def build(family: str, folder: Path) -> Path:
    torch.manual_seed(0)
    return save(sharpen(BUILDERS[family]()), folder)


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise at 16 kHz that grows louder and softer, so that frames differ."""
    rng = np.random.default_rng(seed)
    samples = int(seconds * 16000)
    loudness = np.repeat(np.exp(rng.normal(size=samples // 800 + 1)), 800)[:samples]
    return (0.05 * loudness * rng.normal(size=samples)).astype(np.float32)
