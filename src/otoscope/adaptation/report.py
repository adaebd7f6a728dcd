"""What an adaptation reports: errors of the original and of the adapted model on groups that chose nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from otoscope.adaptation.material import Material, Role
from otoscope.results.intervals import IDENTITY, Estimate, difference, estimate, interval
from otoscope.results.text_table import format_table
from otoscope.statistics.clusters import group_sums
from otoscope.typing import Floats, Ints


@dataclass(frozen=True)
class Change:
    """An error before and after, on the same utterances.

    Attributes:
        name: what was measured.
        count: utterances or sounds.
        groups: speakers or kinds.
        before, after: errors as shares.
        low, high: 95 % interval of `after - before`, over groups; NaN where there are too few.
        slack: how many tolerances the error may rise, of a guard.
        deletions, insertions: words deleted and inserted for each word, before and after; None for other errors.
    """

    name: str
    count: int
    groups: int
    before: float
    after: float
    low: float
    high: float
    slack: float = 1.0
    deletions: tuple[float, float] | None = None
    insertions: tuple[float, float] | None = None

    @property
    def row(self) -> tuple[str, ...]:
        """The cells of a table."""
        change = f"{self.after - self.before:+.3f} ({self.low:+.3f} to {self.high:+.3f})"
        counts = (self.name, str(self.count), str(self.groups), f"{self.before:.3f}", f"{self.after:.3f}", change)
        return (*counts, _arrow(self.deletions), _arrow(self.insertions))


def _arrow(pair: tuple[float, float] | None) -> str:
    return "" if pair is None else f"{pair[0]:.3f} -> {pair[1]:.3f}"


TextTable = tuple[tuple[str, ...], Sequence[tuple[str, ...]]]
"""Titles and rows of cells."""
TITLES = ("test part", "n", "groups", "original", "adapted", "change (95 %)", "deletions", "insertions")


SOURCE_TITLES = ("use", "corpus", "training (n of groups)", "validation", "test")


def source_row(use: str, material: Material) -> tuple[str, ...]:
    """Return the cells of a table: what a material is used for, its name, and what each of its parts has."""
    return (use, material.name, *(_count(material, material.indices(role)) for role in Role))


def _count(material: Material, indices: Ints) -> str:
    return f"{len(indices)} of {len({material.groups[index] for index in indices})}" if len(indices) else ""


def measure_change(name: str, material: Material, indices: Ints, before: Floats, after: Floats) -> Change:
    """Return the change of an error.

    Args:
        name: what was measured.
        material: what it was measured on.
        indices: the utterances.
        before, after: errors and their possible number, `[utterance, 2]`; `[utterance, 4]` with deletions and
            insertions.
    """
    clusters = material.clusters(indices)
    rates = [_rate(rows, clusters.key, lambda values: group_sums(values, clusters)) for rows in (before, after)]
    low, high = interval(difference(rates[1], rates[0]), IDENTITY).tolist()
    first, second = (float(rate.value) for rate in rates)
    change = Change(name, len(indices), clusters.count, first, second, float(low), float(high))
    if before.shape[1] == 2:
        return change
    return replace(change, deletions=_shares(before, after, 2), insertions=_shares(before, after, 3))


def _shares(before: Floats, after: Floats, kind: int) -> tuple[float, float]:
    return float(before[:, kind].sum() / before[:, 1].sum()), float(after[:, kind].sum() / after[:, 1].sum())


def _rate(rows: Floats, key: str, sums: Any) -> Estimate:
    return estimate(lambda errors, possible: errors / possible, key, sums(rows[:, 0]), sums(rows[:, 1]))


@dataclass(frozen=True)
class AdaptationReport:
    """What was learned and what it changed.

    Attributes:
        model: the original.
        options: what was asked.
        gains: changes of what was learned, on test groups.
        guards: changes on the test part of the guard, and on its hard copies.
        validations: step, share of the way to it, and the values of each validation: loss of each task (error of
            probes), and `loss`, which chose the step: their sum, where guards count `guard_weight` times, and the
            penalty of scales.
        step: the step that validation chose; 0 is the original.
        share: the share of the way from the original to that step, which validation chose too.
        gates: number of gates, and of heads set to zero.
        notes: further facts, each a line.
        rows: further tables, each titles and rows of cells.
        is_better: whether the gain holds and the guard stays, so that the model was written.
        tables: numbers of the further tables and of the gates, by name.
        sources: what was learned from, as titles and rows of cells.
        cpu_seconds: of the search, in all its processes until their last save; with the outputs of the frozen encoder
            that it computed, without those that `encoder_outputs` had.
    """

    model: str
    options: Mapping[str, Any]
    gains: Sequence[Change]
    guards: Sequence[Change]
    validations: Sequence[Mapping[str, float]]
    step: int
    gates: tuple[int, int]
    notes: Sequence[str] = ()
    rows: Sequence[TextTable] = ()
    is_better: bool = False
    tables: Mapping[str, Any] = field(default_factory=dict)
    share: float = 1.0
    sources: TextTable = (SOURCE_TITLES, ())
    cpu_seconds: float = 0.0

    @property
    def drop_hint(self) -> str:
        """How heads of zero are removed, if some are written."""
        if not self.is_better or not self.gates[1]:
            return ""
        return " (refine this folder with --drop-zero-heads to remove them)"

    @property
    def choice(self) -> str:
        """Which gates validation chose."""
        steps = self.options["steps"]
        if not self.step:
            return f"the original, better than every step of {steps}"
        return f"step {self.step} of {steps}, {self.share:g} of the way from the original to it"

    @property
    def verdict(self) -> str:
        """Whether the model is written, and what it lacks if not."""
        if self.is_better:
            return "the gain holds; the model is written"
        if not self.step:
            return "no improvement found"
        return f"no improvement found: {'; '.join(shortfalls(self.gains, self.guards, self.options['tolerance']))}"

    @property
    def text(self) -> str:
        """The report as tables of text."""
        numbers, zeroed = self.gates
        lines = [
            self.verdict,
            f"{numbers} numbers learned; chosen on validation groups: {self.choice}; {zeroed} heads set to "
            f"zero{self.drop_hint}; {self.cpu_seconds:.0f} CPU seconds",
            "",
            format_table(*self.sources),
            "",
            format_table(TITLES, [change.row for change in (*self.gains, *self.guards)]),
        ]
        lines += [part for table in self.rows for part in ("", format_table(*table))]
        return "\n".join([*lines, "", *self.notes])


def gain_holds(gains: Sequence[Change], guards: Sequence[Change], tolerance: float) -> bool:
    """Return whether each gain is significant, and each guard is within the tolerance times its slack.

    A gain is significant if the 95 % interval of the change of its error is below 0. A guard is judged by the change
    itself: a small test part would fail by its wide interval alone.

    >>> better = Change("words", 9, 3, 0.4, 0.3, -0.15, -0.05)
    >>> gain_holds([better], [Change("guard", 9, 3, 0.1, 0.12, 0.0, 0.03)], 0.01)
    False
    """
    return not shortfalls(gains, guards, tolerance)


def shortfalls(gains: Sequence[Change], guards: Sequence[Change], tolerance: float) -> list[str]:
    """Return why a gain does not hold, or a guard does not stay, each in a few words; see `gain_holds`."""
    uncertain = [gain for gain in gains if not (np.isfinite(gain.high) and gain.high < 0)]
    risen = [guard for guard in guards if not guard.after - guard.before <= tolerance * guard.slack]
    return [f"{gain.name}: the interval of the change is not below 0" for gain in uncertain] + [
        f"{guard.name}: {guard.after - guard.before:+.4f} is above {tolerance * guard.slack:+.3g}" for guard in risen
    ]
