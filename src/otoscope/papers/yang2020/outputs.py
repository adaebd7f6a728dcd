"""What the stages found: the runs that stand, and what lies beside them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import xarray as xr

from otoscope.errors import InputError
from otoscope.papers.yang2020.models import SEEDED, Trained
from otoscope.papers.yang2020.pipeline import Work
from otoscope.papers.yang2020.workflow import Record
from otoscope.results import Run, open_run


@dataclass(frozen=True)
class Found:
    """Outputs of the stages of a reproduction.

    Attributes:
        work: what was to be done.
        records: what became of each stage, in their order.
    """

    work: Work
    records: Mapping[str, Record]

    def has(self, model: str, what: str) -> bool:
        """Whether that experiment on that model is done."""
        record = self.records.get(f"{model}/{what}")
        return record is not None and not record.left_out

    def run(self, model: str, what: str) -> Run:
        """The run of an experiment that is done.

        Raises:
            InputError: the run is damaged.
        """
        folder = self.work.run(model, what)
        try:
            return open_run(folder)
        except InputError as error:
            raise InputError(f"{error}; remove {folder}, and the same command makes it again") from None

    def datasets(self, what: str) -> dict[str, xr.Dataset]:
        """Of an experiment, the Dataset of every model that has it."""
        return {name: self._dataset(name, what) for name in self.names if self.has(name, what)}

    def facts(self, model: str, what: str) -> dict[str, Any]:
        """Contents of a JSON file that a stage wrote; empty where it was left out.

        Raises:
            InputError: the file is damaged.
        """
        if not self.has(model, what):
            return {}
        path = self.work.run(model, f"{what}.json")
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except ValueError:
            raise InputError(f"{path} is damaged; remove it, and the same command makes it again") from None

    @property
    def names(self) -> list[str]:
        """Every model."""
        return [model.name for model in self.work.models]

    @property
    def mains(self) -> list[Trained]:
        """The published three."""
        return [model for model in self.work.models if model.is_main]

    @property
    def seeds(self) -> Sequence[str]:
        """M3 and its further seeds."""
        return [name for name in self.names if name.partition("-")[0] == SEEDED]

    @cached_property
    def _opened(self) -> dict[tuple[str, str], xr.Dataset]:
        return {}

    def _dataset(self, name: str, what: str) -> xr.Dataset:
        if (name, what) not in self._opened:
            self._opened[name, what] = self.run(name, what).dataset.load()
        return self._opened[name, what]
