"""What a check of a corpus reports: counts, coverage of labels, what is skipped and what is ignored."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import PurePath

from otoscope.results.summary import counted

EXAMPLES = 3
"""Examples of each reason in the table; JSON has all."""


class Problem(StrEnum):
    """Why an utterance cannot be used."""

    AUDIO = "the audio cannot be used"
    LABELS = "the labels cannot be used"
    ID = "another utterance has the same id"
    MANIFEST = "the manifest cannot be used"
    MODEL = "the model does not take its length"


@dataclass(frozen=True)
class UnusableUtterance:
    """An utterance that commands skip, with the kind of the problem and the reason."""

    id: str
    problem: Problem
    reason: str


@dataclass(frozen=True)
class UnusedLabels:
    """Labels of an utterance that commands do not use, with the reason; they use the utterance without them."""

    id: str
    reason: str


@dataclass(frozen=True)
class LabelCoverage:
    """How much of the audio the phones or words of a corpus cover.

    Attributes:
        labels: number of labels.
        symbols: number of different symbols.
        utterances: number of utterances with labels.
        seconds: seconds of audio that have a label.
        silence_seconds: seconds of them that are silence, a pause or noise; 0 for words.
    """

    labels: int
    symbols: int
    utterances: int
    seconds: float
    silence_seconds: float


@dataclass(frozen=True)
class ModelLimits:
    """What a model takes: sampling rate in Hz, and the longest audio in seconds (None: no limit)."""

    name: str
    sampling_rate: int
    max_seconds: float | None


@dataclass(frozen=True)
class CorpusReport:
    """What otoscope reads from a corpus.

    Attributes:
        corpus: path of the corpus.
        format: name of its format.
        utterances: number of usable utterances.
        seconds: their duration.
        speakers: number of different speakers.
        without_speaker: number of usable utterances without a speaker.
        sampling_rates, channels: number of usable utterances by sampling rate in Hz, by channels of their audio.
        phones, words: labels of the usable utterances.
        phone_set: `timit`, `arpabet`, `ipa` or `other`; None without phones.
        unknown_phones: symbols that do not fold to one of the 39 phones.
        unusable: utterances that every command skips, or that the model does not take.
        unused_labels: labels that do not belong to their audio, or are wrong.
        ignored: files that belong to no utterance, as paths from the corpus.
        model: what the model takes; None without a model.

    Examples:
        >>> from otoscope import CorpusOptions, check_corpus
        >>> print(check_corpus("bundled", options=CorpusOptions(limit=2)).table.splitlines()[2])
        speakers        1
    """

    corpus: str
    format: str
    utterances: int
    seconds: float
    speakers: int
    without_speaker: int
    sampling_rates: dict[int, int]
    channels: dict[int, int]
    phones: LabelCoverage
    words: LabelCoverage
    phone_set: str | None
    unknown_phones: tuple[str, ...]
    unusable: tuple[UnusableUtterance, ...]
    unused_labels: tuple[UnusedLabels, ...]
    ignored: tuple[str, ...]
    model: ModelLimits | None

    @property
    def problems(self) -> dict[Problem, list[UnusableUtterance]]:
        """Unusable utterances by kind of problem."""
        groups = {problem: [item for item in self.unusable if item.problem is problem] for problem in Problem}
        return {problem: group for problem, group in groups.items() if group}

    @property
    def json(self) -> str:
        """The report as JSON: everything, in full precision."""
        counts = {str(problem.name).lower(): len(group) for problem, group in self.problems.items()}
        unusable = [{**asdict(item), "problem": item.problem.name.lower()} for item in self.unusable]
        return json.dumps({**asdict(self), "unusable": unusable, "problems": counts}, indent=1) + "\n"

    @property
    def table(self) -> str:
        """The report as text: a line for each property, with examples of problems."""
        rows = list(self._rows())
        width = max(len(title) for title, _ in rows)
        return "".join(f"{title.ljust(width)}  {text}".rstrip() + "\n" for title, text in rows)

    def _rows(self) -> Iterator[tuple[str, str]]:
        yield "corpus", f"{self.corpus} (format {self.format})"
        yield "utterances", f"{self.utterances} usable, {len(self.unusable)} not; {_duration(self.seconds)}"
        yield "speakers", str(self.speakers) + _unless_zero(self.without_speaker, "; {} without a speaker")
        yield "sampling rates", _counts(self.sampling_rates, " Hz")
        yield "channels", _counts(self.channels, "")
        yield "phones", _coverage(self.phones, self)
        if self.phone_set:
            unknown = f"; not among the 39 phones: {' '.join(self.unknown_phones)}" if self.unknown_phones else ""
            yield "phone set", f"{self.phone_set}{unknown}"
        yield "words", _coverage(self.words, self)
        if self.model:
            yield "model", _model(self.model, self.sampling_rates)
        for problem, group in self.problems.items():
            yield "not usable", f"{len(group)}: {problem.value}"
            yield from (("", f"{item.id}: {item.reason}") for item in group[:EXAMPLES])
        if self.unused_labels:
            utterances = len({labels.id for labels in self.unused_labels})
            yield "labels not used", f"in {counted(utterances, 'utterance')}"
            yield from (("", f"{labels.id}: {labels.reason}") for labels in self.unused_labels[:EXAMPLES])
        if self.ignored:
            yield "ignored", f"{counted(len(self.ignored), 'file')}: {_by_suffix(self.ignored)}"


def _duration(seconds: float) -> str:
    return f"{seconds / 3600:.2f} hours" if seconds >= 360 else f"{seconds / 60:.1f} minutes"


def _unless_zero(count: int, text: str) -> str:
    return text.format(count) if count else ""


def _counts(counts: dict[int, int], unit: str) -> str:
    return ", ".join(f"{value}{unit} ({counted(count, 'utterance')})" for value, count in counts.items())


def _coverage(labels: LabelCoverage, report: CorpusReport) -> str:
    if not labels.labels:
        return "none"
    share, silence_share = labels.seconds / report.seconds, labels.silence_seconds / report.seconds
    silence = f", {silence_share:.1%} is silence" if silence_share else ""
    return (
        f"{counted(labels.labels, 'label')} of {counted(labels.symbols, 'symbol')} in "
        f"{labels.utterances} of {counted(report.utterances, 'utterance')}; {share:.1%} of the audio{silence}"
    )


def _model(model: ModelLimits, rates: dict[int, int]) -> str:
    limit = "of any length" if model.max_seconds is None else f"up to {model.max_seconds:g} s"
    others = sum(count for rate, count in rates.items() if rate != model.sampling_rate)
    resampled = f"; {counted(others, 'utterance')} of another rate" if others else ""
    return f"{model.name} takes audio at {model.sampling_rate} Hz, {limit}{resampled}"


def _by_suffix(files: Sequence[str]) -> str:
    counts = Counter(PurePath(file).suffix.lower() for file in files)
    example = {PurePath(file).suffix.lower(): file for file in reversed(files)}
    return ", ".join(f"{count} {suffix or 'without suffix'} ({example[suffix]})" for suffix, count in counts.items())
