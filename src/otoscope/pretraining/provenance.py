"""The configuration of a training, stored with its checkpoints, so that no other training resumes from them."""

import json
from dataclasses import asdict
from pathlib import Path

from otoscope._io.atomic import make_folder
from otoscope._io.saved_work import Plan, as_json, check_same_plan, write_json
from otoscope.errors import InputError
from otoscope.pretraining.recipe import Recipe

FILE = "training.json"
NON_DECISIVE_KEYS = ("eval_", "logging_", "report_to", "run_name", "save_", "use_cpu")
"""Beginnings of training keys that may change between runs: none decides the weights, except for last digits."""


def training_config(recipe: Recipe, train: str, validation: str) -> Plan:
    """Return all settings of a recipe that decide the weights, as JSON stores them, with fingerprints of the speech.

    Only where the learning rate is constant do the first steps of a training not depend on how many follow.
    """
    tables = asdict(recipe)
    is_constant = recipe.training.get("lr_scheduler_type") == "constant"
    free = (*NON_DECISIVE_KEYS, "max_steps") if is_constant else NON_DECISIVE_KEYS
    decisive = {key: value for key, value in recipe.training.items() if not key.startswith(free)}
    speech = {"train": train, "validation": validation}
    deciding = {name: tables[name] for name in ("model", "masking", "batching")}
    return as_json(deciding | {"training": decisive, "data": speech})


def check_training_config(folder: Path, config: Plan) -> None:
    """Check that the checkpoints in a folder, if it states their training, belong to this training.

    Raises:
        InputError: they belong to another training, or the record is damaged.
    """
    if (folder / FILE).exists():
        check_same_plan(folder, _read_training_config(folder / FILE), config)


def record_training_config(folder: Path, config: Plan) -> None:
    """Store the configuration of a training with its checkpoints."""
    make_folder(folder)
    write_json(folder / FILE, config)


def _read_training_config(path: Path) -> Plan:
    try:
        return {name: dict(table) for name, table in json.loads(path.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError, TypeError, AttributeError):
        raise InputError(f"{path} does not state the training of its checkpoints; remove it") from None
