"""Search of heads, temperatures and spans that raise a probe, reported on speakers that chose nothing.

Every single change runs once. For each fold of the speakers, the best changes on the other folds are taken together,
and the fold alone reports: what is reported was not searched on. The model that is written follows from all speakers.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from otoscope.attention.interventions import HeadFactors
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.probing.folds import UNUSED, speaker_disjoint_folds
from otoscope.probing.probe_data import ProbeData, hidden_states
from otoscope.probing.scorer import Probe, Scorer
from otoscope.probing.scores import score_estimate, totals
from otoscope.results.intervals import difference, interval
from otoscope.runs.progress import progress
from otoscope.typing import Floats, Ints

TEMPERATURES = (0.7, 1.4)
SPANS = (16, 64)  # frames
FOLDS = 3
SIZES = (1, 2, 4, 8)  # changes that are taken together


@dataclass(frozen=True)
class SingleChange:
    """One change of a model: the span of all layers, or a head that is removed (scale 0) or has another temperature."""

    head: HeadFactors | None = None
    span: int | None = None

    @property
    def place(self) -> tuple[int, int] | None:
        """What is changed, at most once: the head, or None for the span."""
        return (self.head.layer, self.head.head) if self.head else None

    @property
    def name(self) -> str:
        """The change in words."""
        if self.head is None:
            return f"span {self.span}"
        head = f"head {self.head.layer}.{self.head.head}"
        return f"{head} removed" if not self.head.scale else f"{head} temperature {self.head.temperature:g}"


def single_changes(encoder: Encoder, has_span: bool) -> list[SingleChange]:
    """Return all changes that are tried alone."""
    heads = [(layer, head) for layer, count in enumerate(encoder.n_heads) for head in range(count)]
    changes = [SingleChange(HeadFactors(*head, scale=0.0)) for head in heads]
    changes += [SingleChange(HeadFactors(*head, temperature=value)) for head in heads for value in TEMPERATURES]
    return changes + [SingleChange(span=span) for span in SPANS if has_span]


@contextmanager
def changed(encoder: Encoder, changes: Sequence[SingleChange]) -> Iterator[None]:
    """Change an encoder within the block."""
    with ExitStack() as stack:
        for change in changes:
            if change.head is not None:
                stack.enter_context(encoder.intervene(change.head))
            if change.span is not None:
                stack.enter_context(encoder.limit_span(change.span))
        yield


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
    """

    probe: str
    before: float
    after: float
    low: float
    high: float
    is_better: bool
    changes: tuple[SingleChange, ...]
    tried: int

    @property
    def text(self) -> str:
        """The report in lines."""
        verdict = "the gain holds on held-out speakers" if self.is_better else "no improvement found"
        change = f"{self.after - self.before:+.4f} ({self.low:+.4f} to {self.high:+.4f})"
        named = ", ".join(each.name for each in self.changes) or "none"
        return (
            f"{verdict}\n{self.probe} on held-out speakers: {self.before:.4f} before, {self.after:.4f} after, change "
            f"{change}\n{self.tried} single changes tried; chosen on all speakers: {named}"
        )


@dataclass(frozen=True, eq=False)
class ImprovementSearch:
    """A search on some speech.

    Attributes:
        data: the intact model and the speech.
        probe: what should become better.
        scorer: the probe, trained on the intact model; the nets that score an utterance did not see its speaker.
        changes: those that are tried alone.
    """

    data: ProbeData
    probe: Probe
    scorer: Scorer
    changes: Sequence[SingleChange]
    _sums: dict[frozenset[SingleChange], Floats] = field(default_factory=dict)

    @property
    def sign(self) -> int:
        """1 where high scores are good, else -1."""
        return 1 if self.probe.higher_is_better else -1

    def sums(self, changes: Sequence[SingleChange]) -> Floats:
        """Return the sums `[seed, utterance]` of the probe under some changes together."""
        key = frozenset(changes)
        if key not in self._sums:
            encoder, speech = self.data.encoder, self.data.speech
            with changed(encoder, changes):
                states = hidden_states(encoder, speech, lambda seconds: None)
                self._sums[key] = totals({self.probe.name: self.scorer}, states)[self.probe.name]
        return self._sums[key]

    @cached_property
    def folds(self) -> Ints:
        """The fold of each utterance; -1 without a speaker."""
        return speaker_disjoint_folds(self.data.speakers, FOLDS, np.random.default_rng(0))

    def try_all(self) -> None:
        """Run every single change."""
        with progress("trying changes", len(self.changes) * self.data.speech.seconds) as on_progress:
            for change in self.changes:
                self.sums([change])
                on_progress(self.data.speech.seconds)

    def gain(self, changes: Sequence[SingleChange], utterances: Ints) -> float:
        """Return how much the sums over some utterances become better."""
        change = self.sums(changes)[:, utterances] - self.sums([])[:, utterances]
        return self.sign * float(change.sum())

    def choose(self, utterances: Ints) -> tuple[SingleChange, ...]:
        """Return the changes that are best together on some utterances; none if nothing is better."""
        ordered = sorted(self.changes, key=lambda change: -self.gain([change], utterances))
        better = [change for change in ordered if self.gain([change], utterances) > 0]
        apart = list({change.place: change for change in reversed(better)}.values())[::-1]
        together = [tuple(apart[:size]) for size in SIZES if size <= len(apart)]
        return max(together, key=lambda changes: self.gain(changes, utterances), default=())

    def report(self) -> ImprovementReport:
        """Return the cross-validated change, and what all speakers choose."""
        self.try_all()
        count = np.where(self.folds == UNUSED, 0.0, self.scorer.count)
        both = (self.sums([]), self._held_out_sums())
        scores = [score_estimate(sums[None], count, self.data.clusters) for sums in both]
        before, after = (float(each.value[0]) for each in scores)
        low, high = interval(difference(scores[1], scores[0]))[0].tolist()
        everyone = self.choose(np.flatnonzero(self.folds != UNUSED))
        is_better = bool(everyone) and (low > 0 if self.sign > 0 else high < 0)
        return ImprovementReport(self.probe.name, before, after, low, high, is_better, everyone, len(self.changes))

    def _held_out_sums(self) -> Floats:
        """Return sums `[seed, utterance]` under changes that the speakers of the other folds chose."""
        after = self.sums([]).copy()
        for fold in range(self.folds.max() + 1):
            chosen = self.choose(np.flatnonzero((self.folds != fold) & (self.folds != UNUSED)))
            inside = self.folds == fold
            after[:, inside] = self.sums(chosen)[:, inside]
        return after


def gate_list(changes: Sequence[SingleChange]) -> list[dict[str, object]]:
    """Return the changes of heads as the content of a file of gates (`refinement/gates.py`)."""
    heads = [change.head for change in changes if change.head is not None and change.head.scale]
    return [
        {"part": "encoder", "layer": entry.layer, "head": entry.head, "temperature": entry.temperature}
        for entry in heads
    ]


def removed_heads(changes: Sequence[SingleChange]) -> list[tuple[int, int]]:
    """Return the heads that the changes remove."""
    return [
        (change.head.layer, change.head.head) for change in changes if change.head is not None and not change.head.scale
    ]


def span_of(changes: Sequence[SingleChange]) -> int | None:
    """Return the span that the changes set, or None."""
    return next((change.span for change in changes if change.span is not None), None)


def check_probe(probe: Probe) -> None:
    """Raise InputError for a probe that compares with the intact model, which no change can make better."""
    if probe.name == "hidden-error":
        raise InputError("expected a probe that can become better with --improve, found hidden-error; choose another")


def report_path(out: Path) -> Path:
    """Return the file of the report next to the model."""
    return out / "improvement.json"
