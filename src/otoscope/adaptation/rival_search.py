"""The table of rivals: what LoRA, IA3 and all attention weights give on the same data, with and without a guard."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otoscope.adaptation.gated_model import GatedModel, allow_empty_text, make_gated_model
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.report import Change, TextTable
from otoscope.adaptation.rivals import RIVALS, Rival
from otoscope.adaptation.search import search
from otoscope.adaptation.tasks import Materials, make_tasks, measure_changes, remember_targets
from otoscope.refinement.source_model import read_source


@dataclass(frozen=True)
class RivalComparison:
    """What rivals start from and learn from.

    Attributes:
        model: as `adapt` takes it.
        gated_model: the model with gates; the outputs of its encoder are those of the rivals.
        materials: what is learned from.
        options: those of the search of gates.
        folder: of the unfinished searches.
    """

    model: Any
    gated_model: GatedModel
    materials: Materials
    options: AdaptationOptions
    folder: Path

    @property
    def table(self) -> TextTable:
        """Numbers that each rival learns, and errors on test groups after it."""
        rows: list[tuple[str, ...]] = []
        titles: tuple[str, ...] = ()
        for rival in RIVALS:
            for is_guarded in self._guards:
                numbers, changes = self._learn(rival, is_guarded=is_guarded)
                titles = tuple(change.name for change in changes)
                rows.append((rival.name, str(numbers), "yes" if is_guarded else "no", *map(_cell, changes)))
        return ("rival", "numbers", "guard", *titles), rows

    @property
    def _guards(self) -> Sequence[bool]:
        return (False,) if self.materials.guard is None else (True, False)

    def _learn(self, rival: Rival, *, is_guarded: bool) -> tuple[int, list[Change]]:
        """Return how many numbers a rival learns, and the changes on test groups."""
        start = make_gated_model(read_source(self.model), self.options.gated)
        if self.options.calm:
            allow_empty_text(start.source.whole)
        model = rival.make(start)
        model.share_original(self.gated_model)
        tasks = make_tasks(model, self.materials, self.options)
        learned = [each for each in tasks if is_guarded or not each.is_guard]
        remember_targets(learned)
        folder = self.folder / f"{rival.id}-{'guarded' if is_guarded else 'alone'}"
        search(model, learned, self.options, folder, rate=rival.rate)
        gains, guards = measure_changes(tasks)
        return sum(weight.numel() for weight in model.parameters), [*gains, *guards]


def _cell(change: Change) -> str:
    return f"{change.before:.3f} -> {change.after:.3f}, {change.row[5]}"
