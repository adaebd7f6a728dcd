"""s3prl's Mockingjay, TERA and AudioALBERT: configuration, encoder (`Transformer`) and prediction head."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from otoscope.errors import InputError
from otoscope.models import mockingjay
from otoscope.models.checkpoints.reading import plain
from otoscope.models.checkpoints.source import Checkpoint, CheckpointSource

ENCODER_KEYS = {
    "input_representations.spec_transform.": "input.projection.",
    "input_representations.LayerNorm.": "input.layer_norm.",
    "encoder.": "encoder.",
}
FRONT = "input_representations.spec_transform.weight"
HEAD_KEYS = {"dense.": "dense.", "LayerNorm.": "layer_norm.", "output.": "output."}
OLD_NAMES = {"gamma": "weight", "beta": "bias"}  # of layer norms
BANDS = 80  # log-mel bands of 10 ms in the feature extractor
SIZES = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")


def is_s3prl(states: Mapping[str, Any]) -> bool:
    """Return whether a file is of s3prl."""
    return isinstance(states.get("Transformer"), Mapping)


def build(checkpoint: Checkpoint) -> tuple[Any, Any]:
    """Return the model, with its prediction head if the file has it, and its feature extractor.

    Both formats are read: the current one, and the one before 2021 with `downsample_rate`.

    Raises:
        InputError: otoscope does not implement the model: it normalises before its layers, or takes features other
            than 80 log-mel bands; or weights are missing.
    """
    states, path = checkpoint.states, checkpoint.path
    settings = _settings(states, path)
    weights = _weights(states, path)
    model = _model(settings, weights, path)
    _fill(model, weights, path)
    encoder_or_whole = model if "head.output.bias" in weights else model.mockingjay
    return encoder_or_whole, mockingjay.MockingjayFeatureExtractor()


def _settings(states: Mapping[str, Any], path: str | Path) -> dict[str, Any]:
    """Return the configuration of a checkpoint, with its parts `transformer`, `task` and `audio`."""
    settings = states.get("Settings")
    inner = settings.get("Config") if isinstance(settings, Mapping) else None
    for config in map(plain, (states.get("Upstream_Config"), states.get("Config"), inner)):
        shape = (config.get("transformer") or config.get("mockingjay")) if isinstance(config, dict) else None
        if isinstance(shape, dict):
            return {**config, "transformer": shape}
    raise InputError(f"{path} does not hold its model's configuration ('Upstream_Config', 'Config' or 'Settings')")


def _weights(states: Mapping[str, Any], path: str | Path) -> dict[str, Tensor]:
    if FRONT not in states["Transformer"]:
        raise InputError(f"{path} lacks the weight '{FRONT}' of its model")
    encoder = {f"mockingjay.{key}": t for key, t in _renamed(states["Transformer"], ENCODER_KEYS, path).items()}
    head = {f"head.{key}": t for key, t in _renamed(states.get("SpecHead", {}), HEAD_KEYS, path).items()}
    return encoder | head


def _renamed(weights: Mapping[str, Tensor], keys: Mapping[str, str], path: str | Path) -> dict[str, Tensor]:
    renamed = {}
    for key, tensor in weights.items():
        start = next((start for start in keys if key.startswith(start)), None)
        if start is None:
            raise InputError(f"{path} holds a weight '{key}', which no Mockingjay, TERA or AudioALBERT has")
        stem, last = f"{keys[start]}{key.removeprefix(start)}".rsplit(".", 1)
        renamed[f"{stem}.{OLD_NAMES.get(last, last)}"] = tensor
    return renamed


def _model(settings: Mapping[str, Any], weights: Mapping[str, Tensor], path: str | Path) -> Any:
    shape = settings["transformer"]
    if shape.get("pre_layer_norm"):
        raise InputError(f"{path} normalises before its layers; expected normalisation after them")
    rate = int(shape.get("downsample_rate", 1))
    bands = weights["mockingjay.input.projection.weight"].shape[1] // rate
    if bands != BANDS or "kaldi" in (settings.get("audio") or {}):
        raise InputError(
            f"{path} takes {bands} values of other features for each frame; expected {BANDS} log-mel bands"
        )
    name = _model_name(settings)
    config, model = getattr(mockingjay, f"{name}Config"), getattr(mockingjay, f"{name}ForPreTraining")
    return model(
        config(
            **{size: int(shape[size]) for size in SIZES},
            hidden_act=shape["hidden_act"],
            layer_norm_eps=float(shape["layer_norm_eps"]),
            hidden_dropout_prob=float(shape["hidden_dropout_prob"]),
            attention_probs_dropout_prob=float(shape["attention_probs_dropout_prob"]),
            downsample_rate=rate,
            target_size=_target(weights) // rate,
        )
    )


def _model_name(settings: Mapping[str, Any]) -> str:
    """Return the name of the model: AudioALBERT shares one layer, TERA also masks bands, Mockingjay does neither."""
    if settings["transformer"].get("share_layer"):
        return "AudioAlbert"
    return "Tera" if (settings.get("task") or {}).get("mask_frequency") else "Mockingjay"


def _target(weights: Mapping[str, Tensor]) -> int:
    head = weights.get("head.output.bias")
    return len(weights["mockingjay.input.projection.weight"][0]) if head is None else len(head)


def _fill(model: Any, weights: dict[str, Tensor], path: str | Path) -> None:
    if model.config.share_layer:
        weights = _one_layer(weights, path)
    try:
        missing, extra = model.load_state_dict(weights, strict=False)
    except RuntimeError as error:
        raise InputError(f"{path} has weights of another shape than its configuration says") from error
    if missing := [key for key in missing if not key.startswith("head.") or "head.output.bias" in weights]:
        raise InputError(f"{path} lacks {len(missing)} weights of its model ({missing[0]}, ...)")
    if extra:
        raise InputError(f"{path} has {len(extra)} weights that its model has no place for ({extra[0]}, ...)")


def _one_layer(weights: Mapping[str, Tensor], path: str | Path) -> dict[str, Tensor]:
    """Return the weights of the first layer, to which all others are equal."""
    layer: dict[str, Tensor] = {}
    for key, tensor in weights.items():
        first = re.sub(r"encoder\.layer\.\d+\.", "encoder.layer.0.", key)
        if not torch.equal(tensor, layer.setdefault(first, tensor)):
            raise InputError(f"{path} is said to share one layer, but its layers differ ({key})")
    return layer


SOURCE = CheckpointSource("'Transformer' and 'Config' of s3prl's Mockingjay, TERA or AudioALBERT", is_s3prl, build)
