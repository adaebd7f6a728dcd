"""The command `segment`: from models and a labelled corpus to a run that compares how well they find boundaries."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import xarray as xr
from lhotse import CutSet

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.fingerprint import model_fingerprint
from otoscope.results import Run
from otoscope.runs.cache import RunResult, check_out
from otoscope.runs.options import ExecutionOptions, SpeechOptions
from otoscope.runs.part_map import PartMap
from otoscope.runs.run_config import model_path
from otoscope.runs.shared_run import make_place, run_parts
from otoscope.runs.speech_source import SpeechSource, make_source, resolve_encoder, run_attributes
from otoscope.segmentation.boundary_files import RecordedBoundaries, write_record
from otoscope.segmentation.compared_methods import (
    ComparedMethod,
    UtteranceScores,
    naive_segmenters,
    tuned_segmenter,
    voting_method,
)
from otoscope.segmentation.dataset import CURVE, KIND, build_dataset
from otoscope.segmentation.detector_search import tune_detectors
from otoscope.segmentation.example import build_example
from otoscope.segmentation.feature_methods import LOG_MEL, MFCC
from otoscope.segmentation.job import SegmentJob, prepare_job
from otoscope.segmentation.levels import PHONE
from otoscope.segmentation.marks import build_marks
from otoscope.segmentation.options import SegmentationOptions
from otoscope.segmentation.score_sum import Boundaries
from otoscope.segmentation.search import SearchResult, search
from otoscope.segmentation.segmenter import FILE_NAME, Segmenter
from otoscope.segmentation.split import with_progress
from otoscope.segmentation.transitions import ScoredUtterance, build_transitions
from otoscope.segmentation.tuning import tune
from otoscope.segmentation.voters import Voting
from otoscope.segmentation.voting_reader import VotingReader
from otoscope.segmentation.voting_scores import score_votings
from otoscope.segmentation.voting_search import search_votings

BOUNDARIES = "boundaries"
"""Folder of a run that has the boundaries of the test part."""


def segment(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    against: str | Path | Encoder | None = None,
    segmentation: SegmentationOptions | None = None,
    options: SpeechOptions | None = None,
    execution: ExecutionOptions | None = None,
) -> Run:
    """Find the heads of a model that segment speech best, and compare them with baselines.

    The function applies one algorithm (Yang, Liu & Lee, Interspeech 2020, section 5) to every head, to the
    representation of every layer, and to MFCC and log-mel frames. It tunes alpha and beta of each on the speakers of
    the validation part, chooses the best head, layer and ensemble there, and reports scores on the other speakers.

    Methods with shifts run the model several times on the wave, shifted by parts of a frame, and add the scores
    (`docs/method.md`, section "Parts of a frame"). Their parameters are the segmenter of the run, `segmenter.json`.
    `load_segmenter` reads it, and finds boundaries in any audio.

    Args:
        model: name or folder of a model, or a loaded model.
        corpus: folder of a corpus with labels, or cuts.
        out: folder of the new run.
        against: another model to compare with; its methods add rows to the table.
        segmentation: phones, syllables or words; the speakers to tune on; tolerance, shifts, protocol and detectors.
        options: how to load the model and read the corpus.
        execution: where to tune: in this process, in several, or as a task of a cluster that measures a share.

    Returns:
        The finished run: scores of every method by each protocol, with intervals, and the R-value of every head.

    Raises:
        UnfinishedError: this task has measured its share, and shares of other tasks are missing.
        InputError: the corpus has no labels of the level; a part is empty; `against` is the same model; and all
            errors of `analyze`.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     tuning = SegmentationOptions(validation=("kal16",), shifts=0)
        ...     run = segment("bundled", "bundled", folder, segmentation=tuning, options=SpeechOptions(limit=10))
        ...     list(run.dataset.segmenter.values[:3]), run.dataset.head_r_value.shape
        (['MFCC', 'log-mel', 'representation'], (1, 6, 8))
    """
    options, segmentation = options or SpeechOptions(), segmentation or SegmentationOptions()
    source, place = make_source(corpus, options), make_place(model, options, execution)
    check_out(out, model, source, resume=place.may_resume(out), segmentation=asdict(segmentation))
    prepare = partial(prepare_segment, model, source, against, segmentation, options)
    return run_parts(out, place.prepare(out, prepare), prepare, place, finish_segment)


def prepare_segment(
    model: str | Path | Encoder,
    source: SpeechSource,
    against: str | Path | Encoder | None,
    segmentation: SegmentationOptions,
    options: SpeechOptions,
) -> SegmentJob:
    """Load the models and the speech, and return the job of `segment`. The arguments are those of `segment`."""
    encoders = [resolve_encoder(model, options)]
    if against is not None:
        encoders.append(_other_encoder(against, encoders[0], options))
    return prepare_job(encoders, source, segmentation)


def _other_encoder(against: str | Path | Encoder, encoder: Encoder, options: SpeechOptions) -> Encoder:
    other = resolve_encoder(against, options)
    if other.name == encoder.name:
        raise InputError(
            f"expected another model to compare {encoder.name} against, found the same model; "
            "name another model or omit --against"
        )
    return other


def finish_segment(job: SegmentJob, parts: PartMap) -> RunResult:
    """Return the Dataset of the run and the skipped utterances."""
    return _compare(job, parts), job.skipped


def _compare(job: SegmentJob, parts: PartMap) -> xr.Dataset:
    """Tune on the validation part, count boundaries on the test part, and describe both."""
    folder, validation = parts.folder, job.parts.validation
    results = [
        search(encoder, tunings, validation, job.options.seconds)
        for encoder, tunings in zip(job.encoders, job.measure(parts), strict=True)
    ]
    votings = _search_votings(job, results[0], parts)
    reader = VotingReader(job.encoders[0], votings)
    methods = [
        *_spectral_methods(job),
        *_model_methods(results),
        *(voting_method(reader, voting) for voting in votings),
        *tune_detectors(job.part, job.options.detector_names),
        *naive_segmenters(job.parts.validation),
    ]
    scores = _score(methods, job, score_votings(job, votings, parts))
    dataset = build_dataset(methods, scores, job.parts.test, results)
    if job.part.level.name == PHONE:
        dataset = dataset.merge(_transitions(job, methods, scores))
    if votings:
        segmenter = _segmenter(job, votings, dataset)
        segmenter.save(folder / FILE_NAME)
        _write_test_boundaries(job, segmenter, _voting_boundaries(methods, scores, votings), folder)
    example = build_example(job.encoders[0], results[0].head, results[0].heads[results[0].head], job.parts.test)
    attrs = run_attributes(KIND, job.encoders[0], job.source) | example.attrs | job.attrs()
    return dataset.merge(example).merge(_marks(job, scores)).assign_attrs(attrs)


def _marks(job: SegmentJob, scores: Sequence[Sequence[UtteranceScores]]) -> xr.Dataset:
    """Return the boundaries of each method on the test part, and which reference each matches."""
    boundaries = [[own.boundaries for own in utterance] for utterance in scores]
    return build_marks(boundaries, [utterance.units for utterance in job.parts.test], job.options.seconds)


def _transitions(
    job: SegmentJob, methods: Sequence[ComparedMethod], scores: Sequence[Sequence[UtteranceScores]]
) -> xr.Dataset:
    """Return the boundaries of the test part by the classes of the phones on both sides."""
    utterances = [
        ScoredUtterance(utterance.cut.id, utterance.speaker, utterance.units, [own.boundaries.times for own in methods])
        for utterance, methods in zip(job.parts.test, scores, strict=True)
    ]
    names = [method.label for method in methods]
    return build_transitions(names, utterances, job.options.seconds, job.source.phones)


def _voting_boundaries(
    methods: Sequence[ComparedMethod], scores: Sequence[Sequence[UtteranceScores]], votings: Sequence[Voting]
) -> list[dict[str, Boundaries]]:
    """Return the boundaries of the methods with shifts in each test utterance."""
    names = {voting.name for voting in votings}
    return [
        {method.label: own.boundaries for method, own in zip(methods, utterance, strict=True) if method.label in names}
        for utterance in scores
    ]


def _write_test_boundaries(
    job: SegmentJob, segmenter: Segmenter, boundaries: Sequence[dict[str, Boundaries]], folder: Path
) -> None:
    """Write a TextGrid of each test utterance, with its labels and the boundaries of each method."""
    for utterance, methods in zip(job.parts.test, boundaries, strict=True):
        record = RecordedBoundaries(
            utterance.cut.id, utterance.cut.duration, methods, segmenter.best, utterance.units, job.part.level.tier
        )
        write_record(record, folder / BOUNDARIES, "textgrid", segmenter.origin)


def _search_votings(job: SegmentJob, result: SearchResult, parts: PartMap) -> list[Voting]:
    """Return the tuned methods with shifts; none without shifts."""
    if not job.options.shifts:
        return []
    layers = sorted(result.layers, key=lambda layer: -result.layers[layer].scores.r_value)
    return search_votings(job, parts, list(result.heads), layers)


def _segmenter(job: SegmentJob, votings: Sequence[Voting], dataset: xr.Dataset) -> Segmenter:
    """Return the segmenter of the run, with the scores of its methods on the test part by each protocol."""
    encoder = job.encoders[0]
    scores = {
        voting.name: {
            str(mode): {
                str(name): float(dataset["scores"].sel(segmenter=voting.name, mode=mode, measure=name))
                for name in dataset["measure"].values
            }
            for mode in dataset["mode"].values
        }
        for voting in votings
    }
    origin = {
        "model": {
            "name": model_path(encoder.name),
            "family": encoder.family.model_type,
            "fingerprint": model_fingerprint(encoder),
        },
        "corpus": Path(job.source.name).name,
        **job.attrs(),
        "test_scores": scores,
    }
    return Segmenter(encoder, tuple(votings), origin)


def _spectral_methods(job: SegmentJob) -> list[ComparedMethod]:
    part, tolerance = job.parts.validation, job.options.seconds
    return [
        tuned_segmenter(method, tune(method.labelled(part), method.frames, tolerance)) for method in (MFCC, LOG_MEL)
    ]


def _model_methods(results: Sequence[SearchResult]) -> Iterator[ComparedMethod]:
    """Iterate over the best methods of the model, then over those of the model that it is compared with."""
    first, *others = results
    for method, parameters in first.methods:
        yield tuned_segmenter(method, parameters)
    for result in others:
        for method, parameters in result.methods:
            yield tuned_segmenter(method, parameters, is_against=True)


def _score(
    methods: Sequence[ComparedMethod], job: SegmentJob, by_votings: Sequence[dict[str, UtteranceScores]]
) -> list[list[UtteranceScores]]:
    """Return the scores of each test utterance by each method; those of methods with shifts are computed before."""
    return [
        [by_name.get(method.label) or method.score(utterance, CURVE, job.options.seconds) for method in methods]
        for utterance, by_name in zip(with_progress(job.parts.test, "segmenting"), by_votings, strict=True)
    ]
