"""`align`: learn word times for one model on labelled words, test them on other speakers, and save the aligner."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from lhotse import CutSet, MonoCut

from otoscope.alignment.aligner import Aligner, Side, align_words, save_aligner
from otoscope.alignment.fit import (
    HeadTimes,
    TimedUtterance,
    configuration_heads,
    fit_aligner,
    lag_table,
    measure_heads,
)
from otoscope.alignment.generated_text import GeneratedScores, score_generated
from otoscope.alignment.recipes import TimeRecipe, reference_recipes
from otoscope.alignment.scores import TimeScore, score_records, score_table, score_times
from otoscope.alignment.spelling import Unit
from otoscope.corpus import load_audio, speaker_of, words_of
from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.attention_record import Head
from otoscope.decoders.transcriber import Transcriber, load_transcriber
from otoscope.errors import InputError
from otoscope.models.model_settings import SAMPLING_RATE
from otoscope.runs.options import CorpusOptions
from otoscope.runs.speech_source import make_source, read_cuts

CONFIGURATION = "alignment_heads below, OpenAI's recipe"


@dataclass(frozen=True)
class AlignmentReport:
    """What `align` learned, and its scores on other speakers.

    Attributes:
        aligner: the aligner.
        heads: for `alignment_heads` of a generation configuration.
        scores: of the aligner and of published recipes, for starts and ends.
        lags: lag and score of every head on the speakers of training.
        speakers: those of training and those of the test.
        skipped: ids of utterances without words or too long, with the reason.
        generated: scores where the model wrote the text; None if it cannot generate.
    """

    aligner: Aligner
    heads: tuple[Head, ...]
    scores: tuple[TimeScore, ...]
    lags: tuple[dict[str, Any], ...]
    speakers: tuple[tuple[str, ...], tuple[str, ...]]
    skipped: tuple[tuple[str, str], ...]
    generated: GeneratedScores | None

    @property
    def alignment_heads(self) -> list[list[int]]:
        """Heads as a generation configuration holds them; it has no field for their lag."""
        return [list(head) for head in self.heads]

    @property
    def summary(self) -> str:
        """The table of scores, the chosen heads and their lags."""
        anchors = ", ".join(
            f"{side}s from head {anchor.head[0]}.{anchor.head[1]} less {1000 * anchor.lag:.0f} ms"
            for side, anchor in self.aligner.anchors.items()
        )
        generated = f"{self.generated.table}\n" if self.generated else ""
        return (
            f"{score_table(self.scores)}\n{generated}"
            f"tested on {len(self.speakers[1])} speakers, learned on {len(self.speakers[0])} others; unit: "
            f"{self.aligner.unit}; first estimate: {anchors}\n"
            f'"alignment_heads": {self.alignment_heads}  (a generation configuration cannot hold lags)'
        )

    def records(self) -> dict[str, Any]:
        """Return the report as values for JSON."""
        anchors = {
            side: {"head": anchor.head, "row": anchor.row, "lag": anchor.lag}
            for side, anchor in self.aligner.anchors.items()
        }
        return {
            "unit": self.aligner.unit,
            "anchors": anchors,
            "alignment_heads": self.alignment_heads,
            "scores": score_records(self.scores),
            "generated_text": self.generated.records() if self.generated else None,
            "lags": self.lags,
            "training_speakers": self.speakers[0],
            "test_speakers": self.speakers[1],
            "skipped": self.skipped,
        }


def align(
    model: str | Path | Transcriber,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    test: Sequence[str] = (),
    unit: str | None = None,
    options: CorpusOptions | None = None,
) -> AlignmentReport:
    """Learn word times for a model on labelled words, test them on other speakers, and save the aligner.

    Args:
        model: name or folder of a model that transcribes.
        corpus: speech with words in time.
        out: the JSON file to write.
        test: speakers of the test; by default every second speaker, in the order of the ids.
        unit: `character` or `wordpiece`; by default both are tried on the speakers of training.
        options: how to read the corpus.

    Returns:
        The aligner and its scores on the speakers of the test.

    Raises:
        InputError: the model has no decoder or no tokenizer, the corpus has no words in time, or fewer than two
            speakers.

    Examples:
        >>> align("bundled", "bundled", "aligner.json")
        Traceback (most recent call last):
        otoscope.errors.InputError: bundled is a 'mockingjay' model, which has no decoder; expected a model that transcribes, as Whisper
    """  # noqa: E501
    units = [_unit(unit)] if unit else list(Unit)
    transcriber = load_transcriber(model)
    transcriber.check_tokenizer()
    utterances, skipped = read_labelled(transcriber, corpus, options or CorpusOptions())
    train, held_out = split_speakers(utterances, test)
    measured = {*units, Unit.wordpiece}  # published recipes are of word pieces
    learned = {unit: [measure_heads(transcriber, item, unit) for item in train] for unit in measured}
    aligner = fit_aligner(transcriber, {unit: learned[unit] for unit in units})
    heads = tuple(configuration_heads(learned[Unit.wordpiece]))
    recipes = [*_recipes(transcriber, learned[Unit.wordpiece][0]), TimeRecipe(CONFIGURATION, heads)]
    compared = [measure_heads(transcriber, item, Unit.wordpiece, recipes) for item in held_out]
    scores = (*_scores(compared, recipes), *_own_scores(transcriber, aligner, compared))
    generated = score_generated(transcriber, aligner, held_out, recipes)
    save_aligner(aligner, Path(out))
    speakers = tuple(tuple(dict.fromkeys(item.speaker for item in part)) for part in (train, held_out))
    lags = tuple(lag_table(learned[aligner.unit], aligner.unit))
    return AlignmentReport(aligner, heads, scores, lags, (speakers[0], speakers[1]), tuple(skipped), generated)


def _unit(name: str) -> Unit:
    if name not in set(Unit):
        raise InputError(f"expected --unit {' or '.join(Unit)}, found {name!r}")
    return Unit(name)


def read_labelled(
    transcriber: Transcriber, corpus: str | Path | CutSet, options: CorpusOptions
) -> tuple[list[TimedUtterance], list[tuple[str, str]]]:
    """Return the utterances of a corpus that have words in time, and those that are skipped with the reason.

    Raises:
        InputError: no utterance has words in time and a speaker.
    """
    cuts, unread = read_cuts(make_source(corpus, options))
    skipped = [(item.id, item.reason) for item in unread]
    utterances = []
    for cut in cuts:
        try:
            utterances.append(_labelled(transcriber, cut))
        except InputError as error:
            skipped.append((cut.id, str(error)))
    if not utterances:
        raise InputError(
            f"expected words with times and speakers, found none in {len(cuts)} utterances; the first, "
            f"{skipped[0][0]}: {skipped[0][1]}"
        )
    return utterances, skipped


def _labelled(transcriber: Transcriber, cut: MonoCut) -> TimedUtterance:
    words, speaker = words_of(cut), speaker_of(cut)
    if not words or speaker is None:
        raise InputError(f"expected words with times and one speaker, found {len(words)} words; label the words")
    wave = load_audio(cut, SAMPLING_RATE)
    transcriber.check_wave(wave)
    times = {Side.start: np.array([word[1] for word in words]), Side.end: np.array([word[2] for word in words])}
    return TimedUtterance(cut.id, speaker, wave, tuple(word[0] for word in words), times)


def split_speakers(
    utterances: Sequence[TimedUtterance], test: Sequence[str]
) -> tuple[list[TimedUtterance], list[TimedUtterance]]:
    """Return the utterances of training and of the test; no speaker is in both.

    Raises:
        InputError: a speaker of the test does not exist, or a part has none.
    """
    speakers = list(dict.fromkeys(item.speaker for item in utterances))
    if unknown := sorted(set(test) - set(speakers)):
        raise InputError(
            f"expected --test with speakers of the corpus, found {unknown[0]}; one of {', '.join(speakers)}"
        )
    held_out = set(test or speakers[1::2])
    parts = tuple([item for item in utterances if (item.speaker in held_out) is wanted] for wanted in (False, True))
    if not all(parts):
        raise InputError(
            f"expected at least one speaker to learn on and one to test on, found {len(speakers)} in all; add speech "
            "of another speaker or change --test"
        )
    return parts[0], parts[1]


def _recipes(transcriber: Transcriber, measured: HeadTimes) -> list[TimeRecipe]:
    layers = sorted({layer for layer, _ in measured.columns})
    counts = {layer: sum(place == layer for place, _ in measured.columns) for layer in layers}
    published = getattr(transcriber.model.generation_config, "alignment_heads", None)
    number = sum(place.kind is Kind.cross for place in transcriber.layers.values())
    if published and any(layer >= number or head >= counts[layer] for layer, head in published):
        published = None  # of another model, as those of large-v3 in its turbo version
    return reference_recipes(counts, published)


def _scores(measured: Sequence[HeadTimes], recipes: Sequence[TimeRecipe]) -> list[TimeScore]:
    return [
        score_times(
            recipe.name,
            side,
            np.concatenate([item.errors(item.recipes[recipe.name], side, 0) for item in measured]),
            [item.utterance.speaker for item in measured for _ in item.utterance.words],
        )
        for side in Side
        for recipe in recipes
    ]


def _own_scores(transcriber: Transcriber, aligner: Aligner, pieces: Sequence[HeadTimes]) -> list[TimeScore]:
    """Return the scores of the aligner and of its first estimates on utterances, measured with word pieces."""
    held_out = [item.utterance for item in pieces]
    speakers = [item.speaker for item in held_out for _ in item.words]
    is_measured = aligner.unit is Unit.wordpiece
    measured = pieces if is_measured else [measure_heads(transcriber, item, aligner.unit) for item in held_out]
    aligned = [align_words(aligner, transcriber, item.wave, item.words) for item in held_out]
    scores = []
    for side, anchor in aligner.anchors.items():
        name = f"head {anchor.head[0]}.{anchor.head[1]}, {aligner.unit}s, less its lag"
        errors = [item.errors(item.columns[anchor.head], side, anchor.row) - anchor.lag for item in measured]
        scores.append(score_times(name, side, np.concatenate(errors), speakers))
        aligned_times = [np.array([getattr(word, side) for word in words]) for words in aligned]
        errors = [times - item.times[side] for times, item in zip(aligned_times, held_out, strict=True)]
        scores.append(score_times("aligner", side, np.concatenate(errors), speakers))
    return scores
