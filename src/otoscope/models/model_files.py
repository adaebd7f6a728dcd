"""What the files of a model folder say before any weight is loaded: languages, quantised weights, impossible sizes."""

import re
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from transformers.utils import cached_file

from otoscope.errors import InputError, InputWarning

MAX_LAYERS, MAX_SIZE = 1000, 1_000_000
LAYERS = re.compile(r"(num_hidden|encoder|decoder)_layers|num_layers")
SIZES = re.compile(r"hidden_size|d_model|intermediate_size|(encoder|decoder)_ffn_dim|\w*attention_heads|num_mel_bins")
ATTENTION = ("eager", "sdpa", None)
"""Implementations of attention that run on every machine."""
WRAPPER_PREFIX = re.compile(r"^((_orig_mod|module)\.)+")
"""Names of weights that were saved from `torch.compile` or `DistributedDataParallel`."""

WEIGHT_FILE = re.compile(r"model(-\d+-of-\d+)?\.safetensors")
"""File names of weights; others, such as `model.fp16.safetensors`, are not read."""
UNQUANTISED = {"F64", "F32", "F16", "BF16", "float64", "float32", "float16", "bfloat16"}
BUFFERS = {"I64", "I32", "BOOL", "int64", "int32", "bool"}  # positions, counts and masks that a model stores
"""Types of the tensors in a weight file, as safetensors and torch name them."""


def warn_of_language_adapters(name: str, source: str) -> None:
    """Warn where a folder has adapters of several languages, as MMS does: the one in the weights is measured."""
    files = [path.name for path in Path(source).glob("adapter.*") if path.suffix in (".safetensors", ".bin")]
    if files:
        warnings.warn(
            f"{name} has {len(files)} adapters that are not measured ({', '.join(sorted(files)[:3])}); the adapter in "
            "its weights is; for another, call load_adapter of transformers, save the model and give that folder",
            InputWarning,
            stacklevel=2,
        )


def check_types(name: str, source: str) -> None:
    """Raise InputError if weights are whole numbers or have 8 bits: without their scales they are other weights.

    Args:
        name: the model, for messages.
        source: folder, or hub name whose files are on this machine.
    """
    for key, kind in _types(source):
        if kind not in UNQUANTISED | BUFFERS:
            raise InputError(
                f"{name} has quantised weights ('{key}' is {kind}); give the model before quantisation, or one "
                "that was dequantised and saved"
            )


def _types(source: str) -> Iterator[tuple[str, str]]:
    """Yield name and type of every tensor in the weight files that transformers reads."""
    config = cached_file(source, "config.json", local_files_only=True)
    folder = Path(config or source).parent
    files = [path for path in sorted(folder.glob("model*")) if WEIGHT_FILE.fullmatch(path.name)]
    for file in files:
        with safe_open(file, "pt") as tensors:
            yield from ((key, tensors.get_slice(key).get_dtype()) for key in tensors.keys())  # noqa: SIM118
    for file in () if files else sorted(folder.glob("pytorch_model*.bin")):
        states = torch.load(file, map_location="meta", weights_only=True)
        tensors = {key: value for key, value in states.items() if isinstance(value, torch.Tensor)}
        yield from ((key, str(value.dtype).removeprefix("torch.")) for key, value in tensors.items())


def check_config(name: str, config: Any) -> None:
    """Raise InputError for quantised weights, or sizes that no model has.

    Args:
        name: the model, for messages.
        config: configuration of transformers; those of its parts are checked too.
    """
    settings = config.to_dict()
    for part in (settings, *(value for value in settings.values() if isinstance(value, dict))):
        if (quantisation := part.get("quantization_config")) is not None:
            method = quantisation.get("quant_method", "unknown") if isinstance(quantisation, dict) else quantisation
            raise InputError(
                f"{name} has quantised weights ({method}), whose attention would not be that of the original; give the "
                "model before quantisation, or one that was dequantised and saved"
            )
        for key, value in part.items():
            if isinstance(key, str) and value is not None and (most := _most(key)):
                _check_size(name, key, value, most)


def _most(key: str) -> int | None:
    """Return the largest value that a field of a configuration can have, or None if it is no size."""
    if LAYERS.fullmatch(key):
        return MAX_LAYERS
    return MAX_SIZE if SIZES.fullmatch(key) else None


def _check_size(name: str, key: str, value: Any, most: int) -> None:
    values = value if isinstance(value, list) else [value]
    if not values or not all(type(item) is int and 0 < item <= most for item in values):
        raise InputError(f"{name}: expected {key} from 1 to {most}, found {value!r}; correct its config.json")


def attention_option(config: Any) -> dict[str, str]:
    """Return the option that replaces an implementation of attention which needs other packages or a GPU."""
    wanted = getattr(config, "_attn_implementation", None)
    return {} if wanted in ATTENTION else {"attn_implementation": "eager"}


def unwrapped_names(keys: list[str]) -> dict[str, str]:
    """Return the option by which transformers reads weights under the prefix of a wrapper; empty without a prefix.

    >>> unwrapped_names(["_orig_mod.encoder.weight"]), unwrapped_names(["encoder.weight"])
    ({'^((_orig_mod|module)\\\\.)+': ''}, {})
    """
    wrapped = bool(keys) and all(WRAPPER_PREFIX.match(key) for key in keys)
    return {WRAPPER_PREFIX.pattern: ""} if wrapped else {}
