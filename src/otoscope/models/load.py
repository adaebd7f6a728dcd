"""Load an encoder by hub name or folder, and run its self-check."""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.utils import logging as hub_logging
from torch import nn
from transformers import AutoModel, PreTrainedConfig
from transformers.utils import logging

from otoscope.errors import InputError, shorten_error
from otoscope.models import model_files
from otoscope.models.adapters import merge_adapter
from otoscope.models.checkpoints.weights import describe_extra, describe_missing
from otoscope.models.encoder import Encoder
from otoscope.models.model_settings import ModelSettings, family_of, load_extractor, read_settings
from otoscope.models.original_module import original_module
from otoscope.models.self_check import self_check

DTYPES = {"float32": torch.float32, "float64": torch.float64, "bfloat16": torch.bfloat16, "float16": torch.float16}
MISMATCH_HINT = "; allow_mismatch=True (--allow-mismatch) takes it as it is"
TRAINING_ONLY = {"masked_spec_embed"}  # replaces masked frames; many fine-tuned checkpoints lack it


def load(
    name_or_path: str | Path | nn.Module | Encoder,
    *,
    device: str = "auto",
    dtype: str = "float32",
    allow_mismatch: bool = False,
    recheck: bool = False,
) -> Encoder:
    """Load a speech encoder and run the self-check, unless the same model passed it on this machine before.

    Args:
        name_or_path: a name on the Hugging Face hub, a folder with a model and its feature extractor, or `"bundled"`.
            Of an adapter of peft (needs `otoscope[adapters]`), the base model with the adapter merged is loaded.
            A transformers model that was loaded from there is used in place, with its own device and dtype. An
            `Encoder` is returned as it is.
        device: a torch device; `auto` takes a GPU if there is one.
        dtype: number format of the weights: float32, float64, bfloat16 or float16.
        allow_mismatch: accept a checkpoint with missing weights (they are random) or extra weights.
        recheck: run the self-check again.

    Returns:
        The encoder, ready to run, to measure and to change by interventions.

    Raises:
        InputError: the model cannot be loaded, is no speech encoder, lacks weights, or fails the self-check.

    Examples:
        >>> encoder = load("bundled")
        >>> encoder.family.model_type, encoder.n_layers, set(encoder.n_heads), encoder.frame_period
        ('mockingjay', 6, {8}, 0.02)
    """
    if isinstance(name_or_path, Encoder):
        return name_or_path
    if not isinstance(name_or_path, (str, Path)):
        return _load_module(name_or_path, recheck)
    return load_whole(name_or_path, device=device, dtype=dtype, allow_mismatch=allow_mismatch, recheck=recheck)[1]


def load_whole(
    name_or_path: str | Path,
    *,
    device: str = "auto",
    dtype: str = "float32",
    allow_mismatch: bool = False,
    recheck: bool = False,
) -> tuple[Any, Encoder]:
    """Return the whole model of a folder or hub name, in its own class, and the encoder that is a part of it, checked.

    Args:
        name_or_path, device, dtype, allow_mismatch, recheck: as `load`.

    Raises:
        InputError: as `load`.
    """
    name = str(name_or_path)
    if dtype not in DTYPES:
        raise InputError(f"unknown dtype '{dtype}'; choose one of {', '.join(DTYPES)}")
    with silence_transformers():
        settings = read_settings(name)
        model_files.warn_of_language_adapters(name, settings.source)
        whole = _whole_model(name, settings, dtype, allow_mismatch)
        model = find_encoder(whole, settings.family.encoder, name).to(device_of(device)).eval()
        encoder = Encoder(name, settings.family, model, settings.extractor, adapter=settings.adapter)
        return whole, _checked_encoder(encoder, recheck)


def _whole_model(name: str, settings: ModelSettings, dtype: str, allow_mismatch: bool) -> Any:
    """Return the model with its weights; an adapter is merged in single precision at least.

    Raises:
        InputError: weights cannot be read, are missing, are quantised, or do not belong to the model or its adapter.
    """
    adapter, number_format = settings.adapter, DTYPES[dtype]
    first = number_format if adapter is None or dtype == "float64" else torch.float32
    whole = load_weights(settings.source, first, settings.config, allow_mismatch)
    model_files.check_types(name, settings.source)
    if adapter is None:
        return whole
    adapted = _in_class(adapter.model_class, whole, settings.family.encoder, name)
    return merge_adapter(adapted, adapter, settings.family.encoder, name).to(number_format)


def _in_class(class_name: str, model: Any, encoder: str, name: str) -> Any:
    """Return the encoder of a model within another class of its file, by which an adapter names its modules.

    What else that class holds is random, and its adapter alone is read.
    """
    other = getattr(import_module(type(model).__module__), class_name, None)
    if other is None or other is type(model):
        return model
    whole = other(model.config).to(model.dtype)
    find_encoder(whole, encoder, name).load_state_dict(find_encoder(model, encoder, name).state_dict())
    return whole


def _checked_encoder(encoder: Encoder, recheck: bool) -> Encoder:
    """Return an encoder that passes its self-check.

    Raises:
        InputError: it fails, or the configuration makes it impossible to run.
    """
    try:
        return self_check(encoder, recheck=recheck)
    except InputError:
        raise
    except Exception as error:  # a wrong value in config.json or preprocessor_config.json fails anywhere
        raise InputError(
            f"{encoder.name} cannot run: {type(error).__name__}: {shorten_error(error)}; correct its config.json and "
            "preprocessor_config.json"
        ) from error


def _load_module(model: Any, recheck: bool) -> Encoder:
    """Return the encoder of a transformers model that is in memory.

    Raises:
        InputError: it is no such model, or its feature extractor is unknown.
    """
    name, config = model_name(model), getattr(model, "config", None)
    if not isinstance(model, nn.Module) or not isinstance(config, PreTrainedConfig):
        raise InputError(
            f"expected a model folder, a hub name, an Encoder or a transformers model, found {name}; make an Encoder "
            "of other modules with otoscope.wrap(module, samples_per_frame=...)"
        )
    family_of(config, name)  # a model that is no speech encoder has no feature extractor either
    if not config.name_or_path:
        raise InputError(
            f"expected {name} with its feature extractor, found the model alone; save both to one folder with "
            "save_pretrained, and pass the folder"
        )
    with silence_transformers():
        extractor = load_extractor(config.name_or_path, name)
    return make_encoder(model, extractor, recheck=recheck)


def make_encoder(model: Any, extractor: Any, *, recheck: bool = False) -> Encoder:
    """Return the encoder of a transformers model in memory and of its feature extractor, checked.

    The model is changed: it is in evaluation mode, and its attention is captured.

    Args:
        model: the model, or one that contains the encoder.
        extractor: its feature extractor.
        recheck: as `load`.

    Raises:
        InputError: it is no speech encoder, or fails the self-check.
    """
    name = model_name(model)
    with silence_transformers():
        family = family_of(model.config, name)
        encoder = find_encoder(original_module(model), family.encoder, name).eval()
        return _checked_encoder(Encoder(name, family, encoder, extractor), recheck)


def model_name(model: str | Path | nn.Module | Encoder) -> str:
    """Return the name that the encoder of a model has, without loading it.

    Examples:
        >>> model_name("bundled"), model_name(nn.Linear(2, 2))
        ('bundled', 'Linear')
    """
    if isinstance(model, Encoder):
        return model.name
    return str(model) if isinstance(model, (str, Path)) else type(model).__name__


def find_encoder(model: Any, kind: str, name: str) -> Any:
    """Return the module of a class named `kind` in a model.

    Raises:
        InputError: the model has no such module.
    """
    for module in model.modules():
        if kind in (base.__name__ for base in type(module).__mro__):
            return module
    raise InputError(f"{name} ({type(model).__name__}) holds no {kind}, the encoder of its family")


def load_weights(name: str, dtype: torch.dtype, config: Any, allow_mismatch: bool = False) -> Any:
    """Return the model of a configuration with the weights of a folder or hub name.

    Raises:
        InputError: weights cannot be read, are missing, or do not belong to the model.
    """
    model, info = _read_weights(name, dtype, config, {})
    if renamed := model_files.unwrapped_names(info["unexpected_keys"]):
        model, info = _read_weights(name, dtype, config, {"key_mapping": renamed})
    missing = [key for key in info["missing_keys"] if key.rsplit(".", 1)[-1] not in TRAINING_ONLY]
    if missing and not allow_mismatch:
        raise InputError(f"{name} {describe_missing(missing)}; they would be random{MISMATCH_HINT}")
    if (extra := info["unexpected_keys"]) and not allow_mismatch:
        raise InputError(f"{name} {describe_extra(extra)}{MISMATCH_HINT}")
    return model


def _read_weights(name: str, dtype: torch.dtype, config: Any, options: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    options = {"dtype": dtype, "output_loading_info": True, **model_files.attention_option(config), **options}
    try:
        model, info = architecture_of(config).from_pretrained(name, **options)
    except Exception as error:  # safetensors, pickle, torch and transformers each fail in their own way
        raise InputError(f"weights of {name} cannot be loaded: {shorten_error(error)}; save the model again") from error
    return model, {**info, "unexpected_keys": list(info["unexpected_keys"])}


def architecture_of(config: Any) -> Any:
    """Return the class that wrote the weights; the encoder alone if the configuration does not name it."""
    modeling = type(config).__module__.replace("configuration", "modeling")
    names = config.architectures if isinstance(config.architectures, list) else []
    if find_spec(modeling) is None or not names or not isinstance(names[0], str):
        return AutoModel
    return getattr(import_module(modeling), names[0], AutoModel)


def device_of(device: str) -> torch.device:
    """Return the torch device of this name; `auto` takes a GPU if there is one.

    Raises:
        InputError: the device cannot be used.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        torch.ones(1, device=device).item()
    except Exception as error:  # each device fails in its own way; `meta` fails only in `item`
        raise InputError(
            f"device '{device}' cannot be used here; expected auto, cpu, or a GPU as cuda or cuda:0"
        ) from error
    return torch.device(device)


@contextmanager
def silence_transformers() -> Iterator[None]:
    """Hide progress bars and advice of transformers within the block, and torch's advice on empty weights."""
    verbosity, hub_verbosity = logging.get_verbosity(), hub_logging.get_verbosity()
    bars = logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    hub_logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Initializing zero-element tensors")
            yield
    finally:
        logging.set_verbosity(verbosity)
        hub_logging.set_verbosity(hub_verbosity)
        if bars:
            logging.enable_progress_bar()
