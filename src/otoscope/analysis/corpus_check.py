"""Read a corpus once, without running a model, and report what commands would use, skip and ignore."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from lhotse import CutSet, MonoCut

from otoscope.analysis.corpus_files import read_files
from otoscope.analysis.corpus_report import (
    CorpusReport,
    LabelCoverage,
    ModelLimits,
    Problem,
    UnusableUtterance,
    UnusedLabels,
)
from otoscope.corpus import load_audio, phones_of, speaker_of, words_of
from otoscope.corpus.audio import with_file_name
from otoscope.corpus.supervisions import Labels
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.input_limits import describe_model, silent_wave
from otoscope.phones import Folding, detect_phone_set, fold_phones, is_silence
from otoscope.runs.options import CorpusOptions
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import make_source, read_cuts


def check_corpus(
    corpus: str | Path | CutSet, model: str | Path | None = None, *, options: CorpusOptions | None = None
) -> CorpusReport:
    """Read all audio and labels of a corpus once, and report what commands would use, skip and ignore.

    No model runs, and no weights are loaded.

    Args:
        corpus: what `read_corpus` takes, `"bundled"`, or cuts.
        model: what `load` takes; utterances that are too short or too long for it count as unusable.
        options: how to read the corpus.

    Returns:
        The report; its `utterances` is 0 if nothing is usable.

    Raises:
        InputError: the corpus or the model cannot be read, or no utterance has audio and labels that can be read.

    Examples:
        >>> report = check_corpus("bundled", options=CorpusOptions(limit=2))
        >>> report.utterances, report.phone_set, round(report.phones.seconds / report.seconds, 2)
        (2, 'arpabet', 1.0)
    """
    encoder = None if model is None else describe_model(str(model))
    source = make_source(corpus, options or CorpusOptions())
    cuts, skipped = read_cuts(source)
    files = read_files(source, cuts)
    unusable = [
        UnusableUtterance(item.id, files.problem(item.id), item.reason) for item in skipped if item.part == "utterance"
    ]
    usable = list(_iter_usable(cuts, encoder, unusable))
    return _report(
        usable,
        source.phones,
        corpus=source.name,
        format=files.format,
        unusable=tuple(unusable),
        unused_labels=tuple(UnusedLabels(item.id, item.reason) for item in skipped if item.part == "labels"),
        ignored=files.ignored,
        model=encoder and _limits(encoder),
    )


def _report(usable: Sequence[MonoCut], folding: Folding, **about: Any) -> CorpusReport:
    symbols = [symbol for cut in usable for symbol, _, _ in phones_of(cut)]
    return CorpusReport(
        utterances=len(usable),
        seconds=sum(cut.duration for cut in usable),
        speakers=len({speaker_of(cut) for cut in usable} - {None}),
        without_speaker=sum(speaker_of(cut) is None for cut in usable),
        sampling_rates=_count(cut.sampling_rate for cut in usable),
        channels=_count(cut.recording.num_channels for cut in usable),
        phones=_coverage(usable, phones_of),
        words=replace(_coverage(usable, words_of), silence_seconds=0.0),  # the word "noise" is spoken
        phone_set=detect_phone_set(symbols) if symbols else None,
        unknown_phones=fold_phones(symbols, folding).unknown,
        **about,
    )


def _iter_usable(
    cuts: Sequence[MonoCut], encoder: Encoder | None, unusable: list[UnusableUtterance]
) -> Iterator[MonoCut]:
    """Yield the cuts that decode and that the model takes; add the others to `unusable`."""
    with progress("checking audio", sum(cut.duration for cut in cuts)) as on_progress:
        for cut in cuts:
            problem = Problem.AUDIO
            try:
                samples = load_audio(cut, cut.sampling_rate)
                problem = Problem.MODEL
                if encoder:
                    encoder.check_length(silent_wave(len(samples) / cut.sampling_rate, encoder.sampling_rate))
                yield cut
            except InputError as error:
                unusable.append(UnusableUtterance(cut.id, problem, with_file_name(cut, error)))
            on_progress(cut.duration)


def _coverage(cuts: Sequence[MonoCut], labels_of: Callable[[MonoCut], Labels]) -> LabelCoverage:
    labels = [labels_of(cut) for cut in cuts]
    flat = [label for utterance in labels for label in utterance]
    return LabelCoverage(
        labels=len(flat),
        symbols=len({symbol for symbol, _, _ in flat}),
        utterances=sum(bool(utterance) for utterance in labels),
        seconds=sum(_union_seconds(utterance) for utterance in labels),
        silence_seconds=sum(end - start for symbol, start, end in flat if is_silence(symbol)),
    )


def _union_seconds(labels: Labels) -> float:
    """Return the seconds that labels cover, in order of their start; neighbours may overlap.

    >>> _union_seconds([("a", 0.0, 1.0), ("b", 0.5, 2.0), ("c", 3.0, 4.0)])
    3.0
    """
    total, covered = 0.0, 0.0
    for _, start, end in labels:
        total += max(end - max(start, covered), 0.0)
        covered = max(covered, end)
    return total


def _count(values: Iterator[int]) -> dict[int, int]:
    return dict(Counter(values).most_common())


def _limits(encoder: Encoder) -> ModelLimits:
    limit = encoder.max_seconds
    return ModelLimits(encoder.name, encoder.sampling_rate, None if math.isinf(limit) else limit)
