"""A pre-training recipe: one TOML file, checked whole before anything starts."""

import dataclasses
import os
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from otoscope.errors import BadInput
from otoscope.pretraining.batches import Batching
from otoscope.pretraining.masking import Masking

Part = TypeVar("Part", Masking, Batching)


@dataclass(frozen=True)
class Recipe:
    """What is trained on what, and how.

    Attributes:
        train, validation: corpora for `read_corpus`; `$NAME` stands for an environment variable.
        model: arguments of `MockingjayConfig`.
        masking: which frames are hidden, in stacked frames.
        batching: how utterances become batches.
        training: arguments of `transformers.TrainingArguments`.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    model: dict[str, Any] = field(default_factory=dict)
    masking: Masking = field(default_factory=Masking)
    batching: Batching = field(default_factory=Batching)
    training: dict[str, Any] = field(default_factory=dict)


def read_recipe(path: str | Path) -> Recipe:
    """The recipe in a TOML file.

    Raises:
        BadInput: the file is missing or not TOML, a table or key is unknown, or an environment variable is not set.
    """
    try:
        tables = tomllib.loads(Path(path).read_text())
    except OSError as error:
        raise BadInput(f"recipe {path} cannot be read: {error.strerror}") from error
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"recipe {path} is not TOML: {error}") from error
    return parse_recipe(tables, str(path))


def parse_recipe(tables: dict[str, Any], name: str) -> Recipe:
    """A recipe from the tables `data`, `model`, `masking`, `batching` and `training`."""
    known = {"data", "model", "masking", "batching", "training"}
    if unknown := tables.keys() - known:
        raise BadInput(f"recipe {name}: unknown table {sorted(unknown)}; known: {sorted(known)}")
    data = tables.get("data", {})
    if set(data) != {"train", "validation"}:
        raise BadInput(f"recipe {name}: [data] needs lists 'train' and 'validation', has {sorted(data)}")
    model = tables.get("model", {})
    batching = tables.get("batching", {}) | {"rate": model.get("downsample_rate", Batching.rate)}
    return Recipe(
        train=tuple(expand(p, name) for p in data["train"]),
        validation=tuple(expand(p, name) for p in data["validation"]),
        model=model,
        masking=_fill(Masking, tables.get("masking", {}), name),
        batching=_fill(Batching, batching, name),
        training=tables.get("training", {}),
    )


def expand(path: str, name: str) -> str:
    """`path` with environment variables put in."""
    expanded = os.path.expandvars(path)
    if "$" in expanded:
        raise BadInput(f"recipe {name}: environment variable in '{path}' is not set")
    return expanded


def _fill(kind: type[Part], values: dict[str, Any], name: str) -> Part:
    known = {f.name for f in dataclasses.fields(kind)}
    if unknown := values.keys() - known:
        raise BadInput(f"recipe {name}: unknown {kind.__name__.lower()} key {sorted(unknown)}; known: {sorted(known)}")
    return kind(**values)
