"""The outputs of the stages: runs and JSON files by model and stage."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import xarray as xr

from otoscope.errors import InputError
from otoscope.papers.stage import StageRecord
from otoscope.papers.yang2020.models import SEED_MODEL, ModelSpec
from otoscope.papers.yang2020.stages import ReproductionJob
from otoscope.results import Run, open_run


@dataclass(frozen=True)
class StageOutputs:
    """Outputs of the stages of a reproduction.

    Attributes:
        job: what was to be done.
        records: record of each stage by name, in their order.
    """

    job: ReproductionJob
    records: Mapping[str, StageRecord]

    def has(self, model: str, stage: str) -> bool:
        """Return whether a stage of a model is done."""
        record = self.records.get(f"{model}/{stage}")
        return record is not None and not record.skip_reason

    def run(self, model: str, stage: str) -> Run:
        """Return the run that a stage wrote.

        Raises:
            InputError: the run is damaged.
        """
        folder = self.job.result(model, stage)
        try:
            return open_run(folder)
        except InputError as error:
            raise InputError(f"{error}; remove {folder}, and repeat the command to make it again") from None

    def datasets(self, stage: str) -> dict[str, xr.Dataset]:
        """Return the Dataset that a stage wrote, by model, for each model for which it is done."""
        return {name: self._dataset(name, stage) for name in self.model_names if self.has(name, stage)}

    def facts(self, model: str, stage: str) -> dict[str, Any]:
        """Return the contents of the JSON file that a stage wrote; empty if the stage was skipped.

        Raises:
            InputError: the file is damaged.
        """
        if not self.has(model, stage):
            return {}
        path = self.job.result(model, f"{stage}.json")
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except ValueError:
            raise InputError(f"{path} is damaged; remove it, and repeat the command to make it again") from None

    @property
    def model_names(self) -> list[str]:
        """Return the names of all models."""
        return [model.name for model in self.job.models]

    @property
    def main_models(self) -> list[ModelSpec]:
        """Return the published three."""
        return [model for model in self.job.models if model.is_main]

    @property
    def seed_names(self) -> list[str]:
        """Return the names of all trainings of the model that is trained with several seeds."""
        return [model.name for model in self.job.models if model.base == SEED_MODEL]

    @cached_property
    def _loaded(self) -> dict[tuple[str, str], xr.Dataset]:
        return {}

    def _dataset(self, name: str, stage: str) -> xr.Dataset:
        if (name, stage) not in self._loaded:
            self._loaded[name, stage] = self.run(name, stage).dataset.load()
        return self._loaded[name, stage]
