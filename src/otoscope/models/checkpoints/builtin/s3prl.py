"""Convert s3prl's checkpoints of Mockingjay, TERA and AudioALBERT to models of otoscope."""

import argparse
import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from torch import Tensor

from otoscope._io.atomic import atomic_write
from otoscope.errors import InputError
from otoscope.models import mockingjay

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


def convert(checkpoint: str | Path, out: str | Path) -> Path:
    """Convert an s3prl checkpoint to a model folder that `load` and transformers read.

    Both formats are read: the current one, and the one before 2021 with `downsample_rate`. The file is a pickle. Only
    tensors and plain data are read from it, and no code in it runs.

    Args:
        checkpoint: a Mockingjay, TERA or AudioALBERT file of s3prl (`states-*.ckpt`).
        out: the folder to write; it must not exist.

    Returns:
        The path of the folder.

    Raises:
        InputError: the file contains code or no such model, or a model that otoscope does not implement: normalisation
            before its layers, or features other than 80 log-mel bands.

    Examples:
        >>> convert("states-200000.ckpt", "mockingjay-base")
        Traceback (most recent call last):
        otoscope.errors.InputError: checkpoint states-200000.ckpt does not exist
    """
    if Path(out).exists():
        raise InputError(f"{out} exists already; name a folder that does not")
    states = read(Path(checkpoint))
    settings = _settings(states, checkpoint)
    weights = _weights(states, checkpoint)
    model = _model(settings, weights, checkpoint)
    _fill(model, weights, checkpoint)
    with atomic_write(Path(out)) as partial:
        (model if "head.output.bias" in weights else model.mockingjay).save_pretrained(partial)
        mockingjay.MockingjayFeatureExtractor().save_pretrained(partial)
    return Path(out)


def read(path: Path) -> Mapping[str, Any]:
    """Read a checkpoint by torch's unpickler, which accepts only tensors and plain data.

    Raises:
        InputError: there is no such file, it is no checkpoint, or it holds anything else.
    """
    try:
        with warnings.catch_warnings(), torch.serialization.safe_globals([argparse.Namespace]):
            warnings.simplefilter("ignore", UserWarning)  # of a pickle that torch did not write: it is refused or read
            states = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise InputError(f"checkpoint {path} does not exist") from error
    except UnpicklingError as error:
        named = re.search(r"GLOBAL (\S+)", str(error))
        what = f"it names {named[1]}" if named else "it is no such file"
        raise InputError(f"{path} is refused: expected a checkpoint of tensors and plain data, {what}") from error
    except (RuntimeError, EOFError, OSError, ValueError) as error:
        raise InputError(f"{path} is no checkpoint that torch wrote: {str(error).splitlines()[0]}") from error
    if not isinstance(states, Mapping) or "Transformer" not in states:
        raise InputError(
            f"{path} holds no 'Transformer'; expected a Mockingjay, TERA or AudioALBERT checkpoint of s3prl"
        )
    return states


def _settings(states: Mapping[str, Any], path: str | Path) -> dict[str, Any]:
    """Return the configuration of a checkpoint, with its parts `transformer`, `task` and `audio`."""
    candidates = (states.get("Upstream_Config"), states.get("Config"), states.get("Settings", {}).get("Config"))
    for config in filter(None, candidates):
        if shape := config.get("transformer") or config.get("mockingjay"):
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
    kept: dict[str, Tensor] = {}
    for key, tensor in weights.items():
        first = re.sub(r"encoder\.layer\.\d+\.", "encoder.layer.0.", key)
        if not torch.equal(tensor, kept.setdefault(first, tensor)):
            raise InputError(f"{path} is said to share one layer, but its layers differ ({key})")
    return kept
