"""The model of a worker: loaded by name, and the same as that of the plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from otoscope._io.saved_work import as_json
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.runs.run_config import model_plan


@dataclass(frozen=True, eq=False)
class WorkerModel:
    """How a worker loads the model of a plan.

    Attributes:
        name: what `load` takes.
        device: torch device.
        dtype: number format of the weights.
        allow_mismatch: whether the model may lack weights.
        plan: the plan of the run, with the model, the versions and the number of threads that a worker must have.
    """

    name: str
    device: str
    dtype: str
    allow_mismatch: bool
    plan: Mapping[str, Any]

    def __call__(self) -> Encoder:
        """Return the model.

        Raises:
            InputError: this process has other versions or another model than the plan.
        """
        torch.set_num_threads(self.plan["threads"])
        encoder = load(self.name, device=self.device, dtype=self.dtype, allow_mismatch=self.allow_mismatch)
        check_worker(self.plan, model_plan(encoder), ("versions", "model"))
        return encoder


def check_worker(plan: Mapping[str, Any], here: Mapping[str, Any], parts: Sequence[str]) -> None:
    """Raise InputError if parts of the plan of this worker, such as `versions`, are not those of the run."""
    for part in parts:
        _check(part, plan[part], as_json(here[part]))  # as the record of the run stores it


def check_name(model: str | Path | nn.Module | Encoder) -> None:
    """Raise InputError unless workers can load the model by its name."""
    if not isinstance(model, (str, Path)):
        raise InputError(
            f"expected a model that workers load by its name or folder, found a {type(model).__name__} in memory; "
            "save it to a folder, or use one worker"
        )


def _check(what: str, plan: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    differences = [f"{key} {plan.get(key)}, found {here.get(key)}" for key in plan if plan.get(key) != here.get(key)]
    if differences:
        raise InputError(f"expected the {what} of the plan in every worker: {'; '.join(differences)}; use the same")
