"""The settings of a model folder or hub name, read and checked before any weight."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from transformers import AutoConfig, AutoFeatureExtractor

from otoscope import bundled
from otoscope.errors import InputError, shorten_error
from otoscope.models import model_files
from otoscope.models.adapters import Adapter, read_adapter
from otoscope.models.families import FAMILIES, REFINED_PREFIX, UNSUPPORTED, Family, find_family

SAMPLING_RATE = 16000  # of every family
MAX_FEATURES = 10_000


@dataclass(frozen=True)
class ModelSettings:
    """What a model folder says without its weights.

    Attributes:
        source: the folder or hub name.
        config: configuration of transformers.
        family: family of the encoder.
        extractor: feature extractor of transformers.
        adapter: adapter of peft whose base model is in `source`, or None.
    """

    source: str
    config: Any
    family: Family
    extractor: Any
    adapter: Adapter | None = None


def read_settings(name: str) -> ModelSettings:
    """Return the settings of a model that `load` takes, checked.

    Raises:
        InputError: they cannot be read, are of no speech encoder, of quantised weights or of an adapter that cannot be
            measured, or no model has such settings.
    """
    source = model_source(name)
    adapter = read_adapter(name, source)
    if adapter is not None:
        return _adapted_settings(name, adapter)
    config = from_pretrained(AutoConfig, source)
    family = family_of(config, name)
    model_files.check_config(name, config)
    return ModelSettings(source, config, family, load_extractor(source, name))


def _adapted_settings(name: str, adapter: Adapter) -> ModelSettings:
    """Return the settings of the base model of an adapter, with the adapter's feature extractor if it has one.

    Raises:
        InputError: as `read_settings`, or the base model is an adapter itself.
    """
    if read_adapter(adapter.base, adapter.base) is not None:
        raise InputError(f"{name} contains an adapter of {adapter.base}, an adapter itself; merge that with peft first")
    settings = read_settings(adapter.base)
    if (Path(adapter.source) / "preprocessor_config.json").is_file():
        settings = replace(settings, extractor=load_extractor(adapter.source, name))
    return replace(settings, adapter=adapter)


def model_source(name: str) -> str:
    """Return the folder or hub name from which a model is read."""
    return str(bundled.model()) if name == "bundled" else name


def family_of(config: Any, name: str) -> Family:
    """Return the family of a configuration, or of its first part that has one."""
    types = [config.model_type.removeprefix(REFINED_PREFIX), *(part.model_type for part in _parts(config))]
    for model_type in types:
        if model_type in UNSUPPORTED:
            raise InputError(
                f"{name} has a '{model_type}' encoder: {UNSUPPORTED[model_type]}; otoscope does not measure it"
            )
        if (family := find_family(model_type)) is not None:
            return family
    expected = ", ".join(family.model_type for family in FAMILIES.select().values())
    raise InputError(f"{name} is a '{config.model_type}' model; expected a speech encoder of one of these: {expected}")


def _parts(config: Any) -> Iterator[Any]:
    for name in config.sub_configs:
        if (part := getattr(config, name, None)) is not None:
            yield part


def load_extractor(source: str, name: str) -> Any:
    """Return the feature extractor of a model. Raises InputError if it takes another rate than the families."""
    extractor = from_pretrained(AutoFeatureExtractor, source)
    if (rate := getattr(extractor, "sampling_rate", None)) != SAMPLING_RATE:
        raise InputError(
            f"the feature extractor of {name} takes {rate!r} as its rate; expected {SAMPLING_RATE} (Hz), for which the "
            "model was made; correct preprocessor_config.json"
        )
    size = getattr(extractor, "feature_size", 1)
    if type(size) is not int or not 0 < size <= MAX_FEATURES:
        raise InputError(
            f"{name}: expected feature_size from 1 to {MAX_FEATURES}, found {size!r}; correct its extractor"
        )
    return extractor


def from_pretrained(auto: Any, name: str) -> Any:
    """Return what an Auto class of transformers reads from a folder or hub name.

    Raises:
        InputError: it cannot be read.
    """
    if Path(name).is_dir() and not (Path(name) / "config.json").is_file():
        raise InputError(f"{name} is no model folder: it has no config.json; expected what save_pretrained writes")
    if Path(name).is_file() or not name:
        raise InputError(f"'{name}' is no model folder; give the folder that holds config.json, or a hub name")
    if not Path(name).exists() and (Path(name).is_absolute() or len(Path(name).parts) > 2):
        raise InputError(f"model folder {name} does not exist; give a folder with a config.json, or a hub name")
    try:
        return auto.from_pretrained(name)
    except InputError:
        raise
    except Exception as error:  # each class of transformers checks its fields in its own way, or not at all
        if auto is AutoFeatureExtractor:
            raise InputError(
                f"{name} has no feature extractor that can be read (preprocessor_config.json); save it there with its "
                "save_pretrained"
            ) from error
        if Path(name).exists():
            raise InputError(f"{name} cannot be loaded: {shorten_error(error)}; correct its config.json") from error
        raise InputError(
            f"{name}: there is no such folder here, and as a hub name it cannot be loaded: {shorten_error(error)}; "
            "without network, give the folder of a model that was saved before"
        ) from error
