"""`analyze_decoder`: measures of every head of a decoder, and what its removal changes, as a run folder."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from lhotse import CutSet

from otoscope.analysis.decoder_effects import EffectJob, Removal, removal_place, removals
from otoscope.analysis.decoder_example import SpokenCut, decoder_examples
from otoscope.analysis.decoder_options import DecoderOptions
from otoscope.analysis.decoder_tables import category_of, shape_of, word_error_rates
from otoscope.corpus import load_audio, read_corpus, words_of
from otoscope.corpus.cut_fingerprint import decoded_fingerprint
from otoscope.decoders.ablation import DecoderHead, check_effects, decoder_heads
from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.capture import capture_decoder
from otoscope.decoders.column_labels import column_labels
from otoscope.decoders.measures import DECODER_MEASURES, DecoderMeasure, measure_maps
from otoscope.decoders.sounds import TextRule
from otoscope.decoders.text_loss import spell_text
from otoscope.decoders.transcriber import Transcriber, load_with_encoder
from otoscope.decoders.transcription import check_generation
from otoscope.models.model_settings import SAMPLING_RATE
from otoscope.results import Run
from otoscope.results.intervals import interval, mean_estimate, scale_of
from otoscope.results.schema import INTERVAL, Variable, labelled
from otoscope.runs.cache import RunResult, check_out, load_or_compute, resume_or_run
from otoscope.runs.options import SpeechOptions
from otoscope.runs.run_config import make_plan
from otoscope.runs.speech_source import LoadedSpeech, add_coordinates, make_source, read_speech
from otoscope.statistics.clusters import Clusters, make_clusters
from otoscope.typing import AnyFloats, Floats

KIND = "decoder"
HEAD_DIMS = ("attention", "decoder_layer", "decoder_head")
VARIABLES = {
    "value": Variable(("measure", *HEAD_DIMS), "as `measure_units` says", "mean over utterances; NaN: not defined"),
    "value_interval": Variable(("measure", *HEAD_DIMS, "bound"), "as `measure_units` says", INTERVAL),
    "norm_value": Variable(
        ("measure", *HEAD_DIMS), "as `measure_units` says", "the same of weights times the norms of what they add"
    ),
    "norm_value_interval": Variable(("measure", *HEAD_DIMS, "bound"), "as `measure_units` says", INTERVAL),
    "measure_units": Variable(("measure",), "1", "units of the measure"),
    "shape": Variable(HEAD_DIMS, "1", "shape of the head, independent of other heads; empty: no such head"),
    "category": Variable(HEAD_DIMS, "1", "category in whose list the head ranks best; empty: no such head"),
}
EFFECTS = {
    "removed": Variable(("removal",), "1", "heads that are removed together, with commas; empty: none"),
    "removed_attention": Variable(("removal",), "1", "attention of the removed heads: self or cross; empty: none"),
    "removed_layer": Variable(("removal",), "1", "layer of the removed head; -1: all layers, or none"),
    "removed_head": Variable(("removal",), "1", "index of the removed head; -1: none"),
    "word_errors": Variable(("removal", "utterance"), "1", "word errors of the text that the model writes"),
    "words": Variable(("utterance",), "1", "words of the text of the corpus"),
    "word_error_rate": Variable(("removal",), "1", "word errors over words"),
    "word_error_change": Variable(("removal",), "1", "word error rate less that of the intact model"),
    "word_error_change_interval": Variable(("removal", "bound"), "1", f"{INTERVAL}, paired"),
    "empty_speech": Variable(("removal",), "1", "share of utterances whose text has no letter or number"),
    "rule": Variable(("rule",), "1", "what counts as text: anything, words, words where speech is probable"),
    "sound_text": Variable(("removal", "rule"), "1", "share of sounds without speech that get text; NaN: no sounds"),
    "sound_text_interval": Variable(("removal", "rule", "bound"), "1", "95 % jackknife t interval over the sounds"),
    "empty_speech_interval": Variable(("removal", "bound"), "1", INTERVAL),
}


def analyze_decoder(
    model: str | Path,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    decoding: DecoderOptions | None = None,
    options: SpeechOptions | None = None,
) -> Run:
    """Measure what each head of a decoder attends to on speech with texts, and what its removal changes.

    Args:
        model: folder or name of a model that transcribes.
        corpus: speech with texts.
        out: folder of the run.
        decoding: what is measured.
        options: how to load the model and read the corpus.

    Returns:
        The finished run, of the kind `decoder`.

    Raises:
        InputError: the model has no decoder or no tokenizer, the corpus has no texts, or the removal of a head does not
            change the output.

    Examples:
        >>> analyze_decoder("bundled", "bundled", "run")
        Traceback (most recent call last):
        otoscope.errors.InputError: bundled is a 'mockingjay' model, which has no decoder; expected a model that transcribes, as Whisper
    """  # noqa: E501
    decoding, options = decoding or DecoderOptions(), options or SpeechOptions()
    source = make_source(corpus, options)
    settings = {"decoding": {**asdict(decoding), "sounds": decoding.sounds and str(decoding.sounds)}}
    check_out(out, model, source, resume=options.resume, **settings)
    transcriber, encoder = load_with_encoder(model, device=options.device, dtype=options.dtype, recheck=options.recheck)
    check_generation(transcriber)
    speech = read_speech(source, encoder)
    sounds = [] if decoding.sounds is None else list(read_corpus(decoding.sounds, on_skip=lambda item: None))
    waves = [load_audio(cut, SAMPLING_RATE) for cut in sounds]
    job = EffectJob(transcriber, speech, waves, decoding.ablation == "mean")
    utterances = job.spoken(decoding.examples)
    heads = decoder_heads(transcriber, *utterances[0][1:])
    removed = _checked_removals(transcriber, heads, utterances[0]) if decoding.effects else []
    plan = make_plan(encoder, speech.cuts, source.name, (), source.options) | settings
    plan |= {"transcriber": transcriber.fingerprint, "sounds": decoded_fingerprint(sounds) if sounds else None}

    def make(folder: Path) -> RunResult:
        examples = decoder_examples(transcriber, heads, utterances)
        variables = _measures(job, heads) | (_measured_effects(job, removed, folder) if removed else {})
        dataset = examples.assign(variables).assign_coords(_coordinates(heads))
        dataset = dataset.assign_attrs(clusters=speech.clusters.text)
        return add_coordinates(dataset, KIND, encoder, source, speech), speech.skipped

    return resume_or_run(out, plan, make, resume=options.resume)


def _checked_removals(transcriber: Transcriber, heads: Sequence[DecoderHead], spoken: SpokenCut) -> list[Removal]:
    """Return the removals of heads; raise InputError if one does not change the output for an utterance."""
    removed = removals(heads)
    check_effects(transcriber, spoken.wave, spoken.text, removed[1:])
    return removed


def _measured_effects(job: EffectJob, removed: Sequence[Removal], folder: Path) -> dict[str, Any]:
    """Return the variables of what each removal changes; the run stores each after its computation."""
    parts = [
        load_or_compute(folder / "shards" / f"removal-{number:06}.npz", partial(job.measure, item))
        for number, item in enumerate(removed)
    ]
    return _effects(removed, parts, job.speech)


def _measures(job: EffectJob, heads: Sequence[DecoderHead]) -> dict[str, xr.Variable]:
    """Return the measures of every head with intervals, and its category."""
    names = DECODER_MEASURES.names()
    rows = np.stack([_utterance_measures(job, index, heads, names) for index in range(len(job.references))])
    measures = list(DECODER_MEASURES.select().values())
    values: dict[str, Any] = {"measure_units": np.array([measure.units for measure in measures], object)}
    for by_norm, name in enumerate(("value", "norm_value")):
        of_measure = enumerate(measures)
        pairs = [
            measure_interval(measure, rows[:, by_norm, index], job.speech.clusters) for index, measure in of_measure
        ]
        values[name] = np.stack([mean for mean, _ in pairs])
        values[f"{name}_interval"] = np.stack([bounds for _, bounds in pairs])
    by_name = dict(zip(names, values["value"], strict=True))
    values |= {"category": category_of(by_name), "shape": shape_of(by_name)}
    return labelled(VARIABLES, values)


def measure_interval(measure: DecoderMeasure, rows: Floats, clusters: Clusters) -> tuple[AnyFloats, AnyFloats]:
    """Return the mean `[...]` of a measure over utterances `[u, ...]`, and its interval `[..., bound]`."""
    mean = mean_estimate(rows, clusters)
    return mean.value, interval(mean, scale_of("1" if measure.is_share else measure.units, rows))


def _effects(
    removed: Sequence[Removal], parts: Sequence[Mapping[str, Floats]], speech: LoadedSpeech
) -> dict[str, xr.Variable]:
    """Return word errors and sounds with text of each removal."""
    errors, words = np.stack([part["errors"] for part in parts]), parts[0]["words"]
    rates, changes, bounds = word_error_rates(errors, words, speech.clusters)
    rules = [f"sound_{rule}" for rule in TextRule]
    places = np.array([removal_place(heads) for heads in removed], object)
    values = {
        "removed_attention": places[:, 0],
        "removed_layer": places[:, 1].astype(int),
        "removed_head": places[:, 2].astype(int),
        "removed": np.array([", ".join(head.name for head in sorted(heads)) for heads in removed], object),
        "word_errors": errors,
        "words": words,
        "word_error_rate": rates,
        "word_error_change": changes,
        "word_error_change_interval": bounds,
        "rule": np.array([str(rule) for rule in TextRule], object),
    }
    num_sounds = len(parts[0].get(rules[0], ()))
    sounds_rns = np.stack([np.stack([part.get(rule, np.zeros(0)) for rule in rules]) for part in parts])
    each_sound = make_clusters([""] * num_sounds, [str(place) for place in range(num_sounds)])
    values["sound_text"], values["sound_text_interval"] = _shares(np.moveaxis(sounds_rns, -1, 0), each_sound)
    is_empty_ur = np.stack([part["is_empty"] for part in parts], -1)
    values["empty_speech"], values["empty_speech_interval"] = _shares(is_empty_ur, speech.clusters)
    return labelled(EFFECTS, values)


def _shares(is_true: Floats, clusters: Clusters) -> tuple[AnyFloats, AnyFloats]:
    """Return the share of the utterances `[u, ...]` for which something is true, and its interval `[..., bound]`."""
    if not len(is_true):
        return np.full(is_true.shape[1:], np.nan), np.full((*is_true.shape[1:], 2), np.nan)
    mean = mean_estimate(is_true, clusters)
    return mean.value, interval(mean, scale_of("1", is_true))


def _utterance_measures(job: EffectJob, index: int, heads: Sequence[DecoderHead], names: Sequence[str]) -> Floats:
    """Return the measures `[by norm, measure, attention, layer, head]` of one utterance; NaN without a text."""
    grid = _grid(heads)
    values = np.full((2, len(names), *grid), np.nan)
    if not job.references[index]:
        return values
    text = spell_text(job.transcriber, job.references[index])
    wave = job.speech.waves[index]
    (maps,) = capture_decoder(job.transcriber, [wave], [text], cross=None, own=None, has_norms=True)
    ends = [end for _, _, end in words_of(job.speech.cuts[index])]
    labels = column_labels(job.transcriber, wave, maps, ends)
    for by_norm, (place, kind) in product((False, True), enumerate(Kind)):
        for name, by_head in measure_maps(maps, kind, labels, by_norm=by_norm).items():
            for head, value in by_head.items():
                values[(int(by_norm), names.index(name), place, *head)] = value
    return values


def _grid(heads: Sequence[DecoderHead]) -> tuple[int, int, int]:
    return len(Kind), 1 + max(head.layer for head in heads), 1 + max(head.head for head in heads)


def _coordinates(heads: Sequence[DecoderHead]) -> dict[str, Any]:
    _, layers, of_layer = _grid(heads)
    return {
        "measure": np.array(DECODER_MEASURES.names(), object),
        "attention": np.array([str(kind) for kind in Kind], object),
        "decoder_layer": np.arange(layers),
        "decoder_head": np.arange(of_layer),
        "bound": np.array(["low", "high"], object),
    }
