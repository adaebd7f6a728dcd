"""The oracle: a model's own eager attention in float64, whole maps, no part of otoscope's capture.

Families of the registry return per-head maps from their eager path. WavLM does not (it returns the mean over heads in
every head's place), so torch's function beneath it is asked for the maps of each head.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from torch import Tensor, nn
from torch.nn import functional as F
from transformers import AutoConfig, AutoFeatureExtractor, AutoModel

TORCH_ATTENTION = F.multi_head_attention_forward
TORCH_SOFTMAX = F.softmax
ENCODERS = {
    "WhisperForConditionalGeneration": "model.encoder",
    "Qwen2AudioForConditionalGeneration": "model.audio_tower",
    "MoonshineForConditionalGeneration": "model.encoder",
    "SeamlessM4Tv2ForSpeechToText": "speech_encoder",
    "ParakeetForCTC": "encoder",
    "SpeechT5ForSpeechToText": "speecht5.encoder",
}
"""Where the encoder sits in a larger model."""
PROJECTIONS = {
    "MockingjayModel": "encoder.layer.{}.attention.output.dense",
    "TeraModel": "encoder.layer.{}.attention.output.dense",
    "AudioAlbertModel": "encoder.layer.{}.attention.output.dense",
    "SEWDModel": "encoder.encoder.layer.{}.attention.output.dense",
    "Wav2Vec2ConformerModel": "encoder.layers.{}.self_attn.linear_out",
    "Wav2Vec2BertModel": "encoder.layers.{}.self_attn.linear_out",
    "SeamlessM4Tv2SpeechEncoder": "encoder.layers.{}.self_attn.linear_out",
    "WhisperEncoder": "layers.{}.self_attn.out_proj",
    "Qwen2AudioEncoder": "layers.{}.self_attn.out_proj",
    "ASTModel": "layers.{}.attention.o_proj",
    "MoonshineEncoder": "layers.{}.self_attn.o_proj",
    "ParakeetEncoder": "layers.{}.self_attn.o_proj",
    "SpeechT5EncoderWithSpeechPrenet": "wrapped_encoder.layers.{}.attention.out_proj",
}
"""Where the output projection of a layer sits; as in wav2vec 2.0 for all others."""
MASKED = {"Wav2Vec2BertModel", "SeamlessM4Tv2SpeechEncoder", "ParakeetEncoder"}
"""Their last frame may be padding even of one utterance alone, and is masked."""
ROUNDED = {"MoonshineEncoder", "ParakeetEncoder", "ASTModel"}
"""Their eager attention takes its softmax in float32: it is spelled out in float64 instead."""
SILENCE_SEEN = {"WhisperEncoder"}
"""They attend to the silence behind the utterance; their maps are cropped and their rows normalised again."""


@dataclass(frozen=True)
class Slow:
    """One utterance through the oracle: maps `[layer][H, T, T]`, final hidden states `[T, d]`."""

    maps: list[np.ndarray]
    hidden: np.ndarray


def fresh(folder: Path, attention: str | None = "eager") -> Any:
    """A copy of the encoder in float64 with its eager attention (or another), as transformers loads it."""
    return deepcopy(loaded(folder, attention))


@cache
def extractor(folder: Path) -> Any:
    """The feature extractor of a folder."""
    return AutoFeatureExtractor.from_pretrained(folder)


@cache
def loaded(folder: Path, attention: str | None) -> Any:
    """The encoder of a folder, which nothing changes."""
    (written_by,) = AutoConfig.from_pretrained(folder).architectures
    whole = getattr(transformers, written_by) if written_by in ENCODERS else AutoModel
    model = whole.from_pretrained(folder, dtype=torch.float64, attn_implementation=attention).eval()
    if written_by == "AudioAlbertModel":  # its one layer as layers of their own, so that each can be changed alone
        model.encoder.layer = nn.ModuleList(deepcopy(model.encoder.layer[0]) for _ in range(3))
    return attrgetter(ENCODERS[written_by])(model) if written_by in ENCODERS else model


def slow(folder: Path, wave: np.ndarray, model: Any = None) -> Slow:
    """What the model itself computes on one wave `[samples]`, without its frames of padding or silence."""
    model = fresh(folder) if model is None else model
    if type(model).__name__ in ROUNDED and not hasattr(model, "banded"):
        with band(model, len(wave), renormalise=False):
            return slow(folder, wave, model)
    inputs = extractor(folder)([wave], sampling_rate=16000, return_tensors="pt", return_attention_mask=True)
    kind = type(model).__name__
    given = {"attention_mask": inputs["attention_mask"]} if kind in MASKED else {}
    if kind == "Qwen2AudioEncoder":
        given["attention_mask"] = after(frames_of_20_ms(wave), model.config.max_source_positions)
    with torch.no_grad(), per_head_maps() as seen:
        output = model(inputs[model.main_input_name].double(), output_attentions=True, **given)
    maps = (seen or output.attentions)[: n_layers(model)]
    assert len(maps) == n_layers(model)
    if kind == "ASTModel":
        return in_time(model.config, maps, output.last_hidden_state, wave)
    frames, outputs = real(model, wave, inputs, maps[0].shape[-1], output.last_hidden_state.shape[1])
    shown = [cropped(m[0], frames) if kind in SILENCE_SEEN and not hasattr(model, "banded") else m[0] for m in maps]
    return Slow([m[:, :frames, :frames].numpy() for m in shown], output.last_hidden_state[0, :outputs].numpy())


def in_time(config: Any, maps: list[Tensor], hidden: Tensor, wave: np.ndarray) -> Slow:
    """Of patches `2 + band * times + time`: the patches within the utterance, then time alone."""
    times = (config.max_length - 16) // 10 + 1
    whole = ((len(wave) - 400) // 160 + 1 - 16) // 10 + 1
    own = [[2 + band * times + time for band in range(3)] for time in range(whole)]
    kept = [
        [A[[q for t in own for q in t]][:, [k for t in own for k in t]].numpy() for A in heads[0]] for heads in maps
    ]
    rows = [np.array([A / A.sum(1, keepdims=True) for A in heads]) for heads in kept]
    in_time = [A.reshape(len(A), whole, 3, whole, 3).sum(4).mean(2) for A in rows]
    return Slow(in_time, np.stack([hidden[0, tokens].mean(0).numpy() for tokens in own]))


def n_layers(model: Any) -> int:
    return sum(1 for name, _ in model.named_modules() if name in {projection(model, layer) for layer in range(9)})


def projection(model: Any, layer: int) -> str:
    return PROJECTIONS.get(type(model).__name__, "encoder.layers.{}.attention.out_proj").format(layer)


def real(model: Any, wave: np.ndarray, inputs: Any, frames: int, outputs: int) -> tuple[int, int]:
    """How many frames, and hidden states, are of the utterance itself."""
    kind = type(model).__name__
    if kind in SILENCE_SEEN:
        return frames_of_20_ms(wave), frames_of_20_ms(wave)
    if kind == "Qwen2AudioEncoder":
        return frames_of_20_ms(wave), frames_of_20_ms(wave) // 2
    if kind == "ParakeetEncoder":
        shorter = -(-int(inputs["attention_mask"].sum()) // 4)
        return shorter, shorter
    if kind in MASKED:
        whole = int(inputs["attention_mask"].sum())
        return whole, whole if outputs == frames else outputs
    return frames, outputs


def frames_of_20_ms(wave: np.ndarray) -> int:
    return -(-len(wave) // 320)


def after(frames: int, length: int) -> Tensor:
    """A mask that is added to scores, `[1, 1, 1, length]`: nothing is attended to after so many frames."""
    behind = torch.arange(length) >= frames
    return torch.zeros(1, 1, 1, length, dtype=torch.float64).masked_fill(behind, -torch.inf)


def cropped(A: Tensor, frames: int) -> Tensor:
    """Maps `[..., T, T]` without the keys after so many frames; rows sum to one again."""
    kept = A * (torch.arange(A.shape[-1]) < frames)
    return kept / kept.sum(-1, keepdim=True)


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
    for layer, head in heads:
        columns = output_projection(model, layer).weight.data
        size = columns.shape[1] // 4
        columns[:, head * size : (head + 1) * size] = 0
    return model


def output_projection(model: Any, layer: int) -> nn.Linear:
    return model.get_submodule(projection(model, layer))


@contextmanager
def band(model: Any, radius: int, renormalise: bool, wave: np.ndarray | None = None) -> Iterator[None]:
    """Within the block the model's eager attention keeps only `|q - k| <= radius`, spelled out.

    `wave` is the utterance that is to be run, for models whose maps are cropped to it.
    """

    def within(maps: Tensor) -> Tensor:
        frames = torch.arange(maps.shape[-1])
        kept = maps * ((frames[:, None] - frames).abs() <= radius)
        return kept / kept.sum(-1, keepdim=True).clamp(min=1e-300) if renormalise else kept

    def shown(maps: Tensor) -> Tensor:
        return within(cropped(maps, frames_of_20_ms(wave)) if type(model).__name__ in SILENCE_SEEN else maps)

    with changed_maps(model, within, shown):
        yield


@contextmanager
def changed_maps(
    model: Any, cut: Callable[[Tensor], Tensor], shown: Callable[[Tensor], Tensor] | None = None
) -> Iterator[None]:
    """Within the block the model's eager attention weighs values by `cut` of its maps `[..., H, T, T]`.

    The maps that it returns are `shown` of the intact ones, by default the same.
    """
    adapter = set(model.adapter.modules()) if getattr(model, "adapter", None) else ()

    def whole(maps: Tensor) -> Tensor:
        return maps

    def eager(
        module: Any,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        attention_mask: Tensor | None,
        scaling: float,
        position_bias: float | Tensor | None = None,
        **_: Any,
    ) -> Any:
        change = cut if module not in adapter else whole
        bias = 0 if position_bias is None else position_bias
        maps = (query @ key.mT * scaling + bias + (0 if attention_mask is None else attention_mask)).softmax(-1)
        return (change(maps) @ value).transpose(1, 2).contiguous(), (shown or cut)(maps)

    with pytest.MonkeyPatch.context() as patch:
        home = sys.modules[type(model).__module__]
        match type(model).__name__:
            case "WavLMModel":
                patch.setattr(F, "multi_head_attention_forward", banded_torch_attention(cut))
            case "SEWDModel":
                patch.setattr(home, "XSoftmax", BandedSoftmax(cut))
            case "SpeechT5EncoderWithSpeechPrenet":
                patch.setattr(F, "softmax", lambda scores, dim: cut(TORCH_SOFTMAX(scores, dim)))
            case "MockingjayModel" | "TeraModel" | "AudioAlbertModel":
                patch.setattr("transformers.models.bert.modeling_bert.eager_attention_forward", eager)
            case _:
                patch.setattr(home, "eager_attention_forward", eager)
        patch.setattr(model, "banded", True, raising=False)
        yield


@dataclass(frozen=True)
class BandedSoftmax:
    """SEW-D's masked softmax, its maps cut before they weigh the values."""

    cut: Callable[[Tensor], Tensor]

    def apply(self, scores: Tensor, mask: Tensor, dim: int) -> Tensor:
        assert mask.all()
        return self.cut(scores.softmax(dim))


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
