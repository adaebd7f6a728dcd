"""Adapters of peft, such as LoRA: their settings, and their base model with the adapter merged into its weights."""

import json
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from transformers.utils import cached_file, find_adapter_config_file

from otoscope.errors import InputError, shorten_error

WRAPPER = "base_model.model."
"""What peft writes before the name of a module in the names of an adapter's weights."""


@dataclass(frozen=True)
class Adapter:
    """An adapter of peft.

    Attributes:
        source: its folder or hub name.
        kind: its method as peft names it, for example LORA.
        base: folder or hub name of its base model.
        model_class: class of transformers that it was trained in, or empty where it is not stated.
    """

    source: str
    kind: str
    base: str
    model_class: str = ""


def read_adapter(name: str, source: str) -> Adapter | None:
    """Return the adapter in a folder or hub name, or None if there is none.

    Args:
        name: the model, for messages.
        source: folder or hub name.

    Raises:
        InputError: there is one, and its settings cannot be read, peft is not installed, or its base model is not on
            this machine.

    Examples:
        >>> read_adapter("bundled", "no/such/folder")
    """
    file = _settings_file(source)
    if file is None and not any(Path(source).glob("adapter_model.*")):
        return None
    adapter = _parse(source, file)
    if find_spec("peft") is None:
        raise InputError(
            f"{name} contains an adapter ({adapter.kind or 'unknown'}, of {adapter.base or 'its base'}), and peft is "
            "not installed: install otoscope[adapters], or call merge_and_unload() of peft elsewhere, save the result "
            "with save_pretrained, and give that folder"
        )
    if not adapter.kind or not adapter.base:
        raise InputError(
            f"{name} contains an adapter whose adapter_config.json states no peft_type or no base_model_name_or_path; "
            "save it again with save_pretrained of peft"
        )
    if not _is_local(adapter.base):
        raise InputError(
            f"{name} contains an adapter ({adapter.kind}) of {adapter.base}, which is neither a folder with a "
            "config.json nor a downloaded model; download it, or correct base_model_name_or_path in adapter_config.json"
        )
    return adapter


def merge_adapter(model: Any, adapter: Adapter, encoder: str, name: str) -> Any:
    """Return the base model with the adapter in its weights.

    Args:
        model: the base model, in the precision of the merge; it is changed in place.
        adapter: what `read_adapter` returns.
        encoder: class of the encoder within the model.
        name: the model, for messages.

    Raises:
        InputError: peft cannot read the adapter, it cannot be merged, or some of its weights do not belong to the base
            model.
    """
    from peft import PeftModel
    from peft.utils import get_peft_model_state_dict, load_peft_weights

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # missing weights are an error below, and other advice is of no use
            adapted = PeftModel.from_pretrained(model, adapter.source)
            stored = load_peft_weights(adapter.source, device="cpu")
            wanted = get_peft_model_state_dict(adapted)
            merged = adapted.merge_and_unload()
    except Exception as error:  # peft, torch and safetensors each fail in their own way
        raise InputError(
            f"the adapter ({adapter.kind}) in {name} cannot be merged into {adapter.base}: {shorten_error(error)}; "
            "merge it with peft, save the result, and give that folder"
        ) from error
    if foreign := _foreign(stored, wanted, model, encoder):
        raise InputError(
            f"the adapter in {name} and its base {adapter.base} ({type(model).__name__}) do not fit: {foreign[0]} "
            f"and {len(foreign) - 1} more weights have no counterpart; correct base_model_name_or_path in "
            "adapter_config.json"
        )
    return merged.eval()


def _settings_file(source: str) -> str | None:
    """Return the path of the configuration of an adapter, or None; to read a hub name may need the network."""
    try:
        file: str | None = find_adapter_config_file(source)
    except Exception:  # no hub name, or no network: reading its config.json states what to do
        return None
    return file


def _parse(source: str, file: str | None) -> Adapter:
    """Return the adapter of a configuration; kind and base are empty where it does not state them."""
    try:
        settings = json.loads(Path(file or "").read_text(encoding="utf-8"))
        trained = settings.get("auto_mapping") or {}
        texts = (settings.get("peft_type"), settings.get("base_model_name_or_path"), trained.get("base_model_class"))
    except (OSError, ValueError, AttributeError):
        return Adapter(source, "", "")
    return Adapter(source, *(text if isinstance(text, str) else "" for text in texts))


def _is_local(base: str) -> bool:
    """Return whether a model is a folder, or a hub name whose files are in the cache."""
    if Path(base).is_dir():
        return (Path(base) / "config.json").is_file()
    try:
        return cached_file(base, "config.json", local_files_only=True) is not None
    except Exception:  # an impossible name, or no such file in the cache
        return False


def _foreign(stored: Mapping[str, Any], wanted: Iterable[str], model: Any, encoder: str) -> list[str]:
    """Return the weights of the encoder that only the adapter's file or only the model has.

    Weights outside of the encoder, such as a classifier that was trained with the adapter, change no attention.
    """
    parts = {model.base_model_prefix}
    for module in model.modules():
        if encoder in (base.__name__ for base in type(module).__mro__):
            parts |= {module.base_model_prefix, *(name for name, _ in module.named_children())}
    names = sorted(set(stored) ^ set(wanted))
    return [name for name in names if parts & set(name.removeprefix(WRAPPER).split("."))]
