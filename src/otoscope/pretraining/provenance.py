"""The configuration of a training, stored with its checkpoints, so that no other training resumes from them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from otoscope._io.atomic import atomic_write, make_folder
from otoscope.errors import InputError
from otoscope.pretraining.recipe import Recipe

FILE = "training.json"
NON_DECISIVE_KEYS = ("eval_", "logging_", "report_to", "run_name", "save_", "use_cpu")
"""Beginnings of training keys that may change on the way: none decides the weights, but for last digits."""

TrainingConfig = Mapping[str, Mapping[str, Any]]


def training_config(recipe: Recipe, train: str, validation: str) -> TrainingConfig:
    """All of a recipe that decides what is trained, as JSON has it, with fingerprints of the speech.

    Only where the learning rate is constant do the first steps of a training not depend on how many follow.
    """
    tables = asdict(recipe)
    free = (
        (*NON_DECISIVE_KEYS, "max_steps")
        if recipe.training.get("lr_scheduler_type") == "constant"
        else NON_DECISIVE_KEYS
    )
    decisive = {key: value for key, value in recipe.training.items() if not key.startswith(free)}
    speech = {"train": train, "validation": validation}
    kept = {name: tables[name] for name in ("model", "masking", "batching")} | {"training": decisive, "data": speech}
    read: TrainingConfig = json.loads(json.dumps(kept, default=str))
    return read


def check_training_config(folder: Path, now: TrainingConfig) -> None:
    """Raise InputError where the checkpoints in `folder` are known to be of another training."""
    if (folder / FILE).exists() and (different := "; ".join(_differences(_recorded(folder / FILE), now))):
        raise InputError(f"{folder} holds checkpoints of another training: {different}; choose another folder")


def record_training_config(folder: Path, now: TrainingConfig) -> None:
    """Store the configuration of a training with its checkpoints."""
    make_folder(folder)
    with atomic_write(folder / FILE) as partial:
        partial.write_text(json.dumps(now) + "\n", encoding="utf-8")


def _recorded(path: Path) -> TrainingConfig:
    try:
        return {name: dict(table) for name, table in json.loads(path.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        raise InputError(f"{path} does not state the training of its checkpoints; remove it") from None


def _differences(there: TrainingConfig, now: TrainingConfig) -> Iterator[str]:
    for table, values in now.items():
        before = there.get(table, {})
        for key in sorted(before.keys() | values.keys()):
            if before.get(key) != values.get(key):
                change = f"is {_format_value(before, key)} there, {_format_value(values, key)} now"
                yield f"{table}: {key} {'is other speech' if table == 'data' else change}"


def _format_value(values: Mapping[str, Any], key: str) -> str:
    return repr(values[key]) if key in values else "not set"
