"""What becomes of speech that is quiet, short, noisy, or next to noise: the table of every model that gives no text."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from otoscope.adaptation.copies import reporting_copies
from otoscope.adaptation.gated_model import GatedModel
from otoscope.adaptation.material import Material, Role
from otoscope.adaptation.report import Change, TextTable, measure_change
from otoscope.adaptation.tasks import hard_task, slack_of
from otoscope.adaptation.variations import VARIATIONS
from otoscope.typing import Floats, Ints

BeforeAndAfter = tuple[tuple[Floats, Floats], tuple[Floats, Floats]]
"""Word errors and losses, before and after."""
MAX_HARD = 30  # utterances of each variation
TITLES = ("hard copies of the guard", "n", "WER original", "adapted", "deletions", "insertions", "made empty")


@dataclass(frozen=True)
class HardCase:
    """Word errors of copies by one variation, and the copies that lost their words.

    Attributes:
        change: of the word errors.
        lost: copies without words for which the original gave some.
    """

    change: Change
    lost: int

    @property
    def row(self) -> tuple[str, ...]:
        """The cells of a table."""
        change = self.change.row
        return (self.change.name, change[1], change[3], change[4], *change[6:], str(self.lost))


@dataclass(frozen=True)
class HardCases:
    """The rows of the table, and the changes over all of them, which decide."""

    cases: Sequence[HardCase]
    together: Sequence[Change]

    @property
    def table(self) -> TextTable:
        """Titles and rows."""
        return TITLES, [case.row for case in self.cases]


def measure_hard_cases(model: GatedModel, guard: Material, sounds: Material) -> HardCases:
    """Return errors on hard copies of the guard's test part, with sounds of test groups."""
    chosen = guard.spread(Role.test, MAX_HARD)
    cases, rows = [], []
    for name in VARIATIONS:
        copies = reporting_copies(guard, sounds, name, chosen)
        every = range(len(chosen))
        references = hard_task(model, copies).references(every)
        texts = [model.transcripts(copies.material, every, original=original) for original in (True, False)]
        before, after = (model.count_word_errors(references, each) for each in texts)
        rows.append(((before, _losses(model, texts[0], texts[0])), (after, _losses(model, *texts))))
        change = measure_change(name, copies.material, np.array(every), before, after)
        cases.append(HardCase(change, int(rows[-1][1][1][:, 0].sum())))
    return HardCases(cases, _together(guard, chosen, rows))


def _losses(model: GatedModel, before: Sequence[str], after: Sequence[str]) -> Floats:
    """Return whether each text after has no words, though that before has some, and 1."""
    words = [[bool(model.normalize(text).split()) for text in texts] for texts in (before, after)]
    return np.stack([np.array(words[0]) & ~np.array(words[1]), np.ones(len(before))], axis=1).astype(float)


def _together(guard: Material, chosen: Ints, rows: Sequence[BeforeAndAfter]) -> list[Change]:
    """Return the changes over all copies; copies of an utterance are added, as they have its speaker."""
    names = ("hard copies: word errors", "hard copies: made empty")
    words, lost = (
        measure_change(name, guard, chosen, _sum(rows, 0, kind), _sum(rows, 1, kind)) for kind, name in enumerate(names)
    )
    count = len(chosen) * len(rows)
    return [replace(words, count=count, slack=slack_of(guard)), replace(lost, count=count)]


def _sum(rows: Sequence[BeforeAndAfter], side: int, kind: int) -> Floats:
    total: Floats = np.sum([row[side][kind] for row in rows], axis=0)
    return total
