"""What the files of a model folder say before any weight is loaded: adapters, quantised weights, impossible sizes."""

import json
import re
from pathlib import Path
from typing import Any

from otoscope.errors import InputError

MAX_LAYERS, MAX_SIZE = 1000, 1_000_000
LAYERS = re.compile(r"(num_hidden|encoder|decoder)_layers|num_layers")
SIZES = re.compile(r"hidden_size|d_model|intermediate_size|(encoder|decoder)_ffn_dim|\w*attention_heads|num_mel_bins")
ATTENTION = ("eager", "sdpa", None)
"""Implementations of attention that run on every machine."""
WRAPPER_PREFIX = re.compile(r"^((_orig_mod|module)\.)+")
"""Names of weights that were saved from `torch.compile` or `DistributedDataParallel`."""


def check_adapter(name: str, source: str) -> None:
    """Raise InputError if a folder contains an adapter: its base model alone is another model.

    Examples:
        >>> check_adapter("bundled", "no/such/folder")
    """
    file = Path(source) / "adapter_config.json"
    if not file.is_file():
        return
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
        kind, base = settings.get("peft_type", "unknown"), settings.get("base_model_name_or_path", "its base")
    except (OSError, ValueError, AttributeError):
        kind, base = "unknown", "its base"
    raise InputError(
        f"{name} contains an adapter ({kind}, of {base}), and otoscope measures whole models; load it with peft, call "
        "merge_and_unload(), save the result with save_pretrained, and give that folder"
    )


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
