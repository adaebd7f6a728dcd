"""The oracle: a model's own eager attention in float64, whole maps, no part of otoscope's capture.

Families of the registry return per-head maps from their eager path. WavLM does not (it returns the mean over heads in
every head's place), so torch's function beneath it is asked for the maps of each head.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoFeatureExtractor, AutoModel

TORCH_ATTENTION = F.multi_head_attention_forward


@dataclass(frozen=True)
class Slow:
    """One utterance through the oracle: maps `[layer][H, T, T]`, final hidden states `[T, d]`."""

    maps: list[np.ndarray]
    hidden: np.ndarray


def fresh(folder: Path) -> Any:
    """The model in float64 with its eager attention, as transformers loads it."""
    return AutoModel.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager").eval()


def slow(folder: Path, wave: np.ndarray, model: Any = None) -> Slow:
    """What the model itself computes on one wave `[samples]`."""
    model = model or fresh(folder)
    inputs = AutoFeatureExtractor.from_pretrained(folder)([wave], sampling_rate=16000, return_tensors="pt")
    features = inputs[model.main_input_name].double()
    with torch.no_grad(), per_head_maps() as seen:
        output = model(features, output_attentions=True)
    maps = seen or output.attentions
    assert len(maps) == model.config.num_hidden_layers
    return Slow([m[0].numpy() for m in maps], output.last_hidden_state[0].numpy())


@contextmanager
def per_head_maps() -> Iterator[list[Tensor]]:
    """Maps `[B, H, T, T]` of every call of torch's multi-head attention within the block."""
    seen: list[Tensor] = []
    beneath = F.multi_head_attention_forward

    def attention(*args: Any, **kwargs: Any) -> tuple[Tensor, Tensor]:
        output, maps = beneath(*args, **kwargs, average_attn_weights=False)
        seen.append(maps)
        return output, maps.mean(1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(F, "multi_head_attention_forward", attention)
        yield seen


def without_columns(model: Any, heads: Iterable[tuple[int, int]]) -> Any:
    """The model with these heads' columns of the output projection at zero; its bias stays."""
    size = model.config.hidden_size // model.config.num_attention_heads
    for layer, head in heads:
        output_projection(model, layer).weight.data[:, head * size : (head + 1) * size] = 0
    return model


def output_projection(model: Any, layer: int) -> nn.Linear:
    if is_bert(model):
        return model.encoder.layer[layer].attention.output.dense
    return model.encoder.layers[layer].attention.out_proj


def is_bert(model: Any) -> bool:
    return model.config.model_type == "mockingjay"


@contextmanager
def band(model: Any, radius: int, renormalise: bool) -> Iterator[None]:
    """Within the block the model's eager attention keeps only `|q - k| <= radius`, spelled out."""

    def cut(maps: Tensor) -> Tensor:
        frames = torch.arange(maps.shape[-1])
        kept = maps * ((frames[:, None] - frames).abs() <= radius)
        return kept / kept.sum(-1, keepdim=True) if renormalise else kept

    def eager(module: Any, q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, scaling: float, **_: Any) -> Any:
        maps = cut((q @ k.mT * scaling + (0 if mask is None else mask)).softmax(-1))
        return (maps @ v).transpose(1, 2).contiguous(), maps

    with pytest.MonkeyPatch.context() as patch:
        if model.config.model_type == "wavlm":
            patch.setattr(F, "multi_head_attention_forward", banded_torch_attention(cut))
        else:
            home = "transformers.models.bert.modeling_bert" if is_bert(model) else type(model).__module__
            patch.setattr(sys.modules[home], "eager_attention_forward", eager)
        yield


def banded_torch_attention(cut: Callable[[Tensor], Tensor]) -> Callable[..., tuple[Tensor, Tensor]]:
    """torch's function of one utterance `[T, 1, E]`, its maps cut before they weigh the values."""

    def attention(*args: Any, average_attn_weights: bool = True, **kwargs: Any) -> tuple[Tensor, Tensor]:
        maps = cut(TORCH_ATTENTION(*args, **kwargs, average_attn_weights=False)[1])
        value, in_bias, (out_weight, out_bias) = args[2][:, 0], args[6], args[11:13]
        projected = F.linear(value, kwargs["v_proj_weight"], in_bias.chunk(3)[2])
        heads = projected.view(len(value), maps.shape[1], -1).transpose(0, 1)
        context = (maps[0] @ heads).transpose(0, 1).reshape(len(value), 1, -1)
        return F.linear(context, out_weight, out_bias), maps

    return attention
