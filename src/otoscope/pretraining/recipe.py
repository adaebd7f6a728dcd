"""A pre-training recipe: one TOML file, checked whole before anything starts."""

import os
import tomllib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from inspect import get_annotations
from pathlib import Path
from typing import Any, Literal, TypeVar

from transformers import TrainingArguments

from otoscope.errors import InputError
from otoscope.models.mockingjay import MockingjayConfig
from otoscope.pretraining.batches import Batching
from otoscope.pretraining.masking import Masking
from otoscope.pretraining.validation import check_finite, check_minimum, check_types

Part = TypeVar("Part")

TABLES = ("model", "masking", "batching", "training", "output", "dynamics")
"""Tables of a recipe except `data`; each may be missing."""

EXTRACTOR_KEYS = {"num_mel_bins", "target_size"}
"""Model keys that the feature extractor decides."""

ATTENTION_KEYS = {"attn_implementation": Literal["eager", "sdpa"]}
"""How attention is computed while the model trains; on a CPU in bfloat16, "eager" is the faster for short crops."""

RESERVED_KEYS = {
    *("output_dir", "per_device_train_batch_size", "per_device_eval_batch_size", "train_sampling_strategy"),
    *("remove_unused_columns", "disable_tqdm", "num_train_epochs", "auto_find_batch_size"),
    *("resume_from_checkpoint", "ignore_data_skip", "save_only_model"),
}
"""Training keys that are not a recipe's to set: batches are whole steps, and a resumed training is exact."""


@dataclass(frozen=True)
class Output:
    """How the weights of the finished model are stored; they are always used in float32."""

    dtype: Literal["float32", "float16", "bfloat16"] = "float32"


@dataclass(frozen=True)
class Dynamics:
    """How often the heads are measured while the model trains, and on how many utterances.

    The utterances are drawn from the first corpus of `validation`. With `every = 0` nothing is measured.

    Raises `InputError` where one of them is too small.
    """

    every: int = 0
    utterances: int = 4

    def __post_init__(self) -> None:
        """Refuse numbers of steps and utterances that do not exist."""
        check_minimum("dynamics", vars(self), {"every": 0, "utterances": 1})


@dataclass(frozen=True)
class Recipe:
    """What is trained on what, and how.

    Attributes:
        train, validation: corpora for `read_corpus`; `$NAME` is an environment variable.
        model: arguments of `MockingjayConfig`, and `attn_implementation`.
        masking: which frames are hidden, in stacked frames.
        batching: how utterances become batches.
        training: arguments of `transformers.TrainingArguments`; `max_steps` is needed.
        output: how the finished model is stored.
        dynamics: how often the heads are measured.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    model: dict[str, Any] = field(default_factory=dict)
    masking: Masking = field(default_factory=Masking)
    batching: Batching = field(default_factory=Batching)
    training: dict[str, Any] = field(default_factory=dict)
    output: Output = field(default_factory=Output)
    dynamics: Dynamics = field(default_factory=Dynamics)

    def __post_init__(self) -> None:
        """Refuse a training without an end, which batches by step need, and steps that are not one batch each."""
        if self.training.get("max_steps", 0) < 1:
            raise InputError(f"training: max_steps must be at least 1, is {self.training.get('max_steps', 'missing')}")
        begins = {"masking: early_steps": self.masking.early_steps, "batching: shift_from": self.batching.shift_from}
        of_batches = [name for name, step in begins.items() if step]
        if of_batches and self.training.get("gradient_accumulation_steps", 1) > 1:
            raise InputError(f"{of_batches[0]} counts batches; use it without gradient_accumulation_steps")


def read_recipe(path: str | Path, data: Mapping[str, Sequence[str]] | None = None) -> Recipe:
    """The recipe in a TOML file; `data`, its corpora `train` and `validation`, takes the place of those in the file.

    Raises:
        InputError: the file is missing or not TOML, a table or key is unknown, a value is of the wrong type or out of
            range, or an environment variable is not set.
    """
    try:
        tables = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        return parse_recipe(tables | ({"data": {name: list(paths) for name, paths in data.items()}} if data else {}))
    except OSError as error:
        raise InputError(f"recipe {path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"recipe {path} is not TOML: {error}") from error
    except InputError as error:
        raise InputError(f"recipe {path}: {error}") from error


def parse_recipe(tables: dict[str, Any]) -> Recipe:
    """A recipe from the tables `data` and those of `TABLES`; see `read_recipe`."""
    check_types("recipe", tables, dict.fromkeys(("data", *TABLES), dict))
    model, training = tables.get("model", {}), tables.get("training", {})
    check_types("model", model, _keys(MockingjayConfig, without=EXTRACTOR_KEYS) | ATTENTION_KEYS)
    check_types("training", training, _keys(TrainingArguments, without=RESERVED_KEYS))
    check_finite("model", model)
    check_finite("training", training)
    return Recipe(
        **_corpora(tables.get("data", {})),
        model=model,
        masking=_part(Masking, tables.get("masking", {})),
        batching=_part(Batching, tables.get("batching", {}), rate=model.get("downsample_rate", Batching.rate)),
        training=training,
        output=_part(Output, tables.get("output", {})),
        dynamics=_part(Dynamics, tables.get("dynamics", {})),
    )


def _keys(kind: type, without: Container[str]) -> dict[str, Any]:
    annotations = get_annotations(kind, eval_str=True)
    return {name: hint for name, hint in annotations.items() if name not in without}


def _part(kind: type[Part], values: dict[str, Any], **derived: Any) -> Part:
    check_types(kind.__name__.lower(), values, _keys(kind, without=derived))
    return kind(**values, **derived)


def _corpora(data: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    check_types("data", data, {"train": list[str], "validation": list[str]})
    for name in ("train", "validation"):
        if not data.get(name):
            raise InputError(f"data: '{name}' must list at least one corpus")
    for path in [*data["train"], *data["validation"]]:
        if "$" in os.path.expandvars(path):
            raise InputError(f"data: the environment variable in '{path}' is not set; set it to a folder of speech")
    return {name: tuple(paths) for name, paths in data.items()}
