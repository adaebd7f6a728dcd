"""Search of heads, temperatures, patterns and spans that raise a probe, reported on speakers that chose nothing.

Every single change runs once. For each fold of the speakers, the best changes on the other folds are taken together, or
gates of all heads are learned on them by gradient; the fold alone reports: what is reported was not searched on. The
model that is written follows from all speakers.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from otoscope.adaptation.learned_gates import GateLearner
from otoscope.adaptation.single_changes import ChangeSet, SingleChange
from otoscope.errors import InputError
from otoscope.probing.folds import UNUSED, speaker_disjoint_folds
from otoscope.probing.intervened_scores import intervened_totals
from otoscope.probing.probe_data import ProbeData
from otoscope.probing.scorer import Probe
from otoscope.probing.scores import score_estimate
from otoscope.results.intervals import Estimate, difference, interval
from otoscope.runs.progress import progress
from otoscope.typing import Floats, Ints

FOLDS = 3
SIZES = (1, 2, 4, 8)  # changes that are taken together
SHOWN = 8  # changes in a line


class Way(StrEnum):
    """How changes are chosen on some speakers."""

    together = "single changes together"
    gradient = "gates by gradient"
    better = "the better of both"


@dataclass(frozen=True)
class WayResult:
    """What one way gives on speakers that chose nothing: the score, and the 95 % interval of the change."""

    way: Way
    after: float
    low: float
    high: float


@dataclass(frozen=True)
class ImprovementReport:
    """What a search gives.

    Attributes:
        probe: name of the probe.
        before, after: scores on speakers that did not choose the changes.
        low, high: 95 % interval of `after - before`, over speakers.
        is_better: whether the interval is all on the better side.
        changes: those of the model, which all speakers chose.
        tried: number of single changes.
        ways: the same for each way alone; the verdict is that of the better of both, chosen without these speakers.
        note: why no gates were learned; empty if they were.
    """

    probe: str
    before: float
    after: float
    low: float
    high: float
    is_better: bool
    changes: tuple[SingleChange, ...]
    tried: int
    ways: tuple[WayResult, ...] = ()
    note: str = ""

    @property
    def text(self) -> str:
        """The report in lines."""
        verdict = "the gain holds on held-out speakers" if self.is_better else "no improvement found"
        change = _change_text(self.before, WayResult(Way.better, self.after, self.low, self.high))
        named = [each.name for each in self.changes[:SHOWN]]
        named += [f"and {len(self.changes) - SHOWN} more"] if len(self.changes) > SHOWN else []
        lines = [
            verdict,
            f"{self.probe} on held-out speakers: {self.before:.4f} before, {self.after:.4f} after, change {change}",
            f"{self.tried} single changes tried; chosen on all speakers: {', '.join(named) or 'none'}",
        ]
        lines += [f"{each.way}: {self._way_text(each)}" for each in self.ways]
        return "\n".join(lines + ([f"no gates by gradient: {self.note}"] if self.note else []))

    def _way_text(self, result: WayResult) -> str:
        if (result.after, result.low, result.high) == (self.before, 0.0, 0.0):
            return "none chosen"
        return f"change {_change_text(self.before, result)}"


def _change_text(before: float, result: WayResult) -> str:
    return f"{result.after - before:+.4f} ({result.low:+.4f} to {result.high:+.4f})"


@dataclass(frozen=True, eq=False)
class ImprovementSearch:
    """A search on some speech.

    Attributes:
        data: the intact model and the speech.
        probe: what should become better.
        scorer: the probe, trained on the intact model; the nets that score an utterance did not see its speaker.
        changes: those that are tried alone.
        learner: learns gates by gradient; None: they are not tried.
        note: why it is None.
    """

    data: ProbeData
    probe: Probe
    scorer: Any
    changes: ChangeSet
    learner: GateLearner | None = None
    note: str = ""
    _sums: dict[frozenset[SingleChange], Floats] = field(default_factory=dict)
    _learned: dict[bytes, tuple[SingleChange, ...]] = field(default_factory=dict)

    @property
    def sign(self) -> int:
        """1 where high scores are good, else -1."""
        return 1 if self.probe.higher_is_better else -1

    def sums(self, changes: Sequence[SingleChange]) -> Floats:
        """Return the sums `[seed, utterance]` of the probe under some changes together."""
        key = frozenset(changes)
        if key not in self._sums:
            with self.changes.changed(self.data.encoder, changes):
                self._sums[key] = self._measure()
        return self._sums[key]

    def _measure(self) -> Floats:
        """Return the sums of the probe under the changes in force."""
        name = self.probe.name
        return intervened_totals({name: self.probe}, {name: self.scorer}, self.data, lambda seconds: None)[name]

    @cached_property
    def folds(self) -> Ints:
        """The fold of each utterance; -1 without a speaker."""
        return speaker_disjoint_folds(self.data.speakers, FOLDS, np.random.default_rng(0))

    def try_all(self) -> None:
        """Run every single change."""
        changes, seconds = self.changes.changes, self.data.speech.seconds
        with progress("trying changes", len(changes) * seconds) as on_progress:
            for change in changes:
                self.sums([change])
                on_progress(seconds)

    def gain(self, changes: Sequence[SingleChange], utterances: Ints) -> float:
        """Return how much the sums over some utterances become better."""
        change = self.sums(changes)[:, utterances] - self.sums([])[:, utterances]
        return self.sign * float(change.sum())

    def choose(self, utterances: Ints, way: Way = Way.better) -> tuple[SingleChange, ...]:
        """Return the changes that are best on some utterances; none if nothing is better.

        The better way is that with the larger gain on the utterances that train no gates.
        """
        if way is Way.together:
            return self._together(utterances)
        if way is Way.gradient:
            return self._by_gradient(utterances)
        _, apart = self._parts(utterances)
        both = [self._together(utterances), self._by_gradient(utterances)]
        return max(both, key=lambda changes: self.gain(changes, apart))

    def _together(self, utterances: Ints) -> tuple[SingleChange, ...]:
        ordered = sorted(self.changes.changes, key=lambda change: -self.gain([change], utterances))
        better = [change for change in ordered if self.gain([change], utterances) > 0]
        apart = self.changes.possible(better)
        together = [tuple(apart[:size]) for size in SIZES if size <= len(apart)]
        return max(together, key=lambda changes: self.gain(changes, utterances), default=())

    def _by_gradient(self, utterances: Ints) -> tuple[SingleChange, ...]:
        if self.learner is None:
            return ()
        key = utterances.tobytes()
        if key not in self._learned:
            self._learned[key] = self.learner.learn(*self._parts(utterances))
        return self._learned[key]

    def _parts(self, utterances: Ints) -> tuple[Ints, Ints]:
        """Return the utterances that train gates, and those of other speakers, a third, that choose the step."""
        speakers = [self.data.speakers[index] for index in utterances]
        if len(set(speakers)) < 2:
            return utterances, utterances
        folds = speaker_disjoint_folds(speakers, FOLDS, np.random.default_rng(1))
        return utterances[folds != 0], utterances[folds == 0]

    def report(self) -> ImprovementReport:
        """Return the cross-validated change, and what all speakers choose."""
        self.try_all()
        count = np.where(self.folds == UNUSED, 0.0, self.scorer.count)
        before = score_estimate(self.sums([])[None], count, self.data.clusters)
        ways = [self._result(way, before, count) for way in Way if self.learner is not None or way is Way.better]
        best = ways[-1]
        everyone = self.choose(np.flatnonzero(self.folds != UNUSED))
        return ImprovementReport(
            probe=self.probe.name,
            before=float(before.value[0]),
            after=best.after,
            low=best.low,
            high=best.high,
            is_better=bool(everyone) and (best.low > 0 if self.sign > 0 else best.high < 0),
            changes=everyone,
            tried=len(self.changes.changes),
            ways=tuple(ways[:-1]),
            note=self.note,
        )

    def _result(self, way: Way, before: Estimate, count: Floats) -> WayResult:
        after = score_estimate(self._held_out_sums(way)[None], count, self.data.clusters)
        low, high = interval(difference(after, before))[0].tolist()
        return WayResult(way, float(after.value[0]), low, high)

    def _held_out_sums(self, way: Way) -> Floats:
        """Return sums `[seed, utterance]` under changes that the speakers of the other folds chose."""
        after = self.sums([]).copy()
        for fold in range(self.folds.max() + 1):
            chosen = self.choose(np.flatnonzero((self.folds != fold) & (self.folds != UNUSED)), way)
            inside = self.folds == fold
            after[:, inside] = self.sums(chosen)[:, inside]
        return after


def check_probe(probe: Probe) -> None:
    """Raise InputError for a probe that compares with the intact model, which no change can make better."""
    if probe.name == "hidden-error":
        raise InputError("expected a probe that can become better with --improve, found hidden-error; choose another")


def report_path(out: Path) -> Path:
    """Return the file of the report next to the model."""
    return out / "improvement.json"
