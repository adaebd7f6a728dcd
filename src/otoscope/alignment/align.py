"""`align`: learn word times for one model on labelled words, test them on other speakers, and save the aligner."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from lhotse import CutSet, MonoCut

from otoscope.alignment.aligner import (
    Aligner,
    Side,
    align_words,
    capture_spelling,
    collect_evidence,
    estimate_boundaries,
    save_aligner,
)
from otoscope.alignment.fit import (
    HeadTimes,
    TimedUtterance,
    configuration_heads,
    fit_aligner,
    lag_table,
    measure_heads,
)
from otoscope.alignment.generated_text import score_generated
from otoscope.alignment.recipes import NUM_BY_NORM, TimeRecipe, published_heads, reference_recipes
from otoscope.alignment.report import AlignmentReport
from otoscope.alignment.scores import TimeScore, score_times
from otoscope.alignment.spelling import Unit, spell
from otoscope.alignment.unlabelled import rank_by_norm, spoken_utterance, unlabelled_aligner
from otoscope.corpus import load_audio, speaker_of, words_of
from otoscope.decoders.transcriber import Transcriber, load_transcriber
from otoscope.errors import InputError
from otoscope.models.model_settings import SAMPLING_RATE
from otoscope.runs.options import CorpusOptions
from otoscope.runs.speech_source import make_source, read_cuts

LABELS, NORM = CRITERIA = ("labels", "norm")
CONFIGURATION = "alignment_heads below, OpenAI's recipe"


def align(
    model: str | Path | Transcriber,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    test: Sequence[str] = (),
    unit: str | None = None,
    criterion: str = LABELS,
    options: CorpusOptions | None = None,
) -> AlignmentReport:
    """Learn word times for a model on labelled words, test them on other speakers, and save the aligner.

    Args:
        model: name or folder of a model that transcribes.
        corpus: speech with words in time.
        out: the JSON file to write.
        test: speakers of the test; by default every second speaker, in the order of the ids.
        unit: `character` or `wordpiece`; by default both are tried on the speakers of training. Without labels,
            `character` is the default.
        criterion: `labels` chooses heads and lags by labelled words. `norm` needs texts alone: it chooses the head with
            the sharpest maps, learns no lag and no model of boundaries, and is weaker.
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
    check_criterion(criterion)
    transcriber = load_transcriber(model)
    transcriber.check_tokenizer()
    if criterion == NORM:
        return _align_without_labels(transcriber, corpus, Path(out), units[0], options or CorpusOptions())
    utterances, skipped = read_labelled(transcriber, corpus, options or CorpusOptions())
    train, held_out = split_speakers(utterances, test)
    measured = {*units, Unit.wordpiece}  # published recipes are of word pieces
    learned = {unit: [measure_heads(transcriber, item, unit) for item in train] for unit in measured}
    aligner = fit_aligner(transcriber, {unit: learned[unit] for unit in units})
    unlabelled = unlabelled_aligner(transcriber, learned[units[0]], units[0])
    heads = tuple(configuration_heads(learned[Unit.wordpiece]))
    recipes = [*_recipes(transcriber, learned[Unit.wordpiece][0]), TimeRecipe(CONFIGURATION, heads)]
    compared = [measure_heads(transcriber, item, Unit.wordpiece, recipes) for item in held_out]
    scores = (*_scores(compared, recipes), *_own_scores(transcriber, aligner, unlabelled, held_out))
    generated = score_generated(transcriber, aligner, held_out, recipes)
    save_aligner(aligner, Path(out))
    speakers = tuple(tuple(dict.fromkeys(item.speaker for item in part)) for part in (train, held_out))
    lags = tuple(lag_table(learned[aligner.unit], aligner.unit))
    return AlignmentReport(aligner, heads, scores, lags, (speakers[0], speakers[1]), tuple(skipped), generated)


def check_criterion(criterion: str) -> None:
    """Raise InputError if heads cannot be chosen by a criterion."""
    if criterion not in CRITERIA:
        raise InputError(f"expected --criterion {' or '.join(CRITERIA)}, found {criterion!r}")


def _align_without_labels(
    transcriber: Transcriber, corpus: str | Path | CutSet, out: Path, unit: Unit, options: CorpusOptions
) -> AlignmentReport:
    """Choose heads by their norms on texts without times, and save the aligner; nothing is tested."""
    utterances, skipped = read_utterances(transcriber, corpus, options, spoken_utterance)
    measured = [measure_heads(transcriber, item, unit) for item in utterances]
    aligner = unlabelled_aligner(transcriber, measured, unit)
    save_aligner(aligner, out)
    heads = tuple(rank_by_norm(measured)[:NUM_BY_NORM])
    speakers = tuple(dict.fromkeys(item.speaker for item in utterances))
    return AlignmentReport(aligner, heads, (), (), (speakers, ()), tuple(skipped), None)


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
    return read_utterances(transcriber, corpus, options, _labelled)


def read_utterances(
    transcriber: Transcriber,
    corpus: str | Path | CutSet,
    options: CorpusOptions,
    read: Callable[[Transcriber, MonoCut], TimedUtterance],
) -> tuple[list[TimedUtterance], list[tuple[str, str]]]:
    """Return the utterances that `read` accepts, and those that are skipped with the reason.

    Raises:
        InputError: it accepts none.
    """
    cuts, unread = read_cuts(make_source(corpus, options))
    skipped = [(item.id, item.reason) for item in unread]
    utterances = []
    for cut in cuts:
        try:
            utterances.append(read(transcriber, cut))
        except InputError as error:
            skipped.append((cut.id, str(error)))
    if not utterances:
        raise InputError(
            f"expected utterances to align, found none in {len(cuts)}; the first, {skipped[0][0]}: {skipped[0][1]}"
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
    return reference_recipes(counts, published_heads(published, counts))


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


def _own_scores(
    transcriber: Transcriber, aligner: Aligner, unlabelled: Aligner, held_out: Sequence[TimedUtterance]
) -> list[TimeScore]:
    """Return the scores of heads without labels, of the first estimates of the aligner, and of the aligner."""
    speakers = [item.speaker for item in held_out for _ in item.words]
    aligned = [align_words(aligner, transcriber, item.wave, item.words) for item in held_out]
    scores = []
    for side in Side:
        for candidate, end in ((unlabelled, "by norm, no labels"), (aligner, "less its lag")):
            anchor = candidate.anchors[side]
            name = f"head {anchor.head[0]}.{anchor.head[1]}, {candidate.unit}s, {end}"
            errors = [_first_estimates(transcriber, candidate, side, item) - item.times[side] for item in held_out]
            scores.append(score_times(name, side, np.concatenate(errors), speakers))
        aligned_times = [np.array([getattr(word, side) for word in words]) for words in aligned]
        errors = [times - item.times[side] for times, item in zip(aligned_times, held_out, strict=True)]
        scores.append(score_times("aligner", side, np.concatenate(errors), speakers))
    return scores


def _first_estimates(transcriber: Transcriber, aligner: Aligner, side: Side, item: TimedUtterance) -> np.ndarray:
    """Return the times of the words of an utterance by the anchor of a side alone, in seconds."""
    anchor, spelling = aligner.anchors[side], spell(transcriber.tokenizer, item.words, aligner.unit)
    maps = capture_spelling(transcriber, item.wave, spelling, [anchor.head])
    evidence = collect_evidence(maps, item.wave, spelling, [anchor.head])
    return estimate_boundaries(evidence.maps_hqk[0], evidence.period, spelling, side, anchor)
