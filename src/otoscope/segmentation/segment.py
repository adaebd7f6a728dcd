"""The command `segment`: from models and a labelled corpus to a run that compares how well they find phones."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from lhotse import CutSet

from otoscope.corpus import SkippedUtterance, phones_of
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.results import Run
from otoscope.runs.cache import check_out, resume_or_run
from otoscope.runs.options import SpeechOptions
from otoscope.runs.progress import progress
from otoscope.runs.run_config import make_plan
from otoscope.runs.speech_source import SpeechSource, make_source, read_speech, resolve_encoder, run_attributes
from otoscope.segmentation.dataset import CURVE, KIND, build_dataset
from otoscope.segmentation.example import build_example
from otoscope.segmentation.feature_methods import LOG_MEL, MFCC
from otoscope.segmentation.search import SearchResult, search
from otoscope.segmentation.segmenters import Segmenter, naive_segmenters, tuned_segmenter
from otoscope.segmentation.split import LabelledUtterance, Split, split
from otoscope.segmentation.tuning import tune
from otoscope.typing import Ints


@dataclass(frozen=True, eq=False)
class SegmentJob:
    """The models to compare, and the utterances to compare them on.

    Attributes:
        encoders: the model, then the model to compare it with, if there is one.
        source: the corpus and the options that read it.
        parts: the utterances with phones, as validation and test part.
        skipped: utterances that the job does not use, with the reason of each.
        tolerance: largest distance of a correct boundary from its reference, in seconds.
    """

    encoders: Sequence[Encoder]
    source: SpeechSource
    parts: Split
    skipped: Sequence[SkippedUtterance]
    tolerance: float


def segment(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    validation: Collection[str] = (),
    against: str | Path | Encoder | None = None,
    tolerance: float = 0.020,
    options: SpeechOptions | None = None,
) -> Run:
    """Find the heads of a model that segment speech into phones best, and compare them with baselines.

    The function applies one algorithm (Yang, Liu & Lee, Interspeech 2020, section 5) to every head, to the
    representation of every layer, and to MFCC and log-mel frames. It tunes alpha and beta of each on the speakers of
    the validation part, chooses the best head, layer and ensemble there, and reports scores on the other speakers.

    Args:
        model: name or folder of a model, or a loaded model.
        corpus: folder of a corpus with phone labels, or cuts.
        out: folder of the new run.
        validation: speakers to tune on; if empty, every fourth speaker in order of id.
        against: another model to compare with; its methods add rows to the table.
        tolerance: largest distance of a correct boundary from its reference, in seconds.
        options: how to load the model and read the corpus.

    Returns:
        The finished run: strict and lenient scores of every method, with intervals, and the R-value of every head.

    Raises:
        InputError: the corpus has no phones; a part is empty; `tolerance` is not above zero; `against` is the same
            model; and all errors of `analyze`.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     run = segment("bundled", "bundled", folder, validation=["kal16"], options=SpeechOptions(limit=10))
        ...     list(run.dataset.segmenter.values[:3]), run.dataset.head_r_value.shape
        (['MFCC', 'log-mel', 'representation'], (1, 6, 8))
    """
    if not tolerance > 0:
        raise InputError(f"expected a tolerance above 0 seconds, got {tolerance}; use 0.020, the usual value")
    options = options or SpeechOptions()
    source = make_source(corpus, options)
    check_out(out, model, source, resume=options.resume, tolerance=tolerance)
    encoders = [resolve_encoder(model, options)]
    if against is not None:
        encoders.append(_other_encoder(against, encoders[0], options))
    job = _prepare_job(encoders, source, validation, tolerance)
    return resume_or_run(out, _plan(job), partial(_run_job, job), resume=options.resume)


def _other_encoder(against: str | Path | Encoder, encoder: Encoder, options: SpeechOptions) -> Encoder:
    other = resolve_encoder(against, options)
    if other.name == encoder.name:
        raise InputError(
            f"expected another model to compare {encoder.name} against, found the same model; "
            "name another model or omit --against"
        )
    return other


def _prepare_job(
    encoders: Sequence[Encoder], source: SpeechSource, validation: Collection[str], tolerance: float
) -> SegmentJob:
    """Select the utterances that have phones and that every model accepts, and split them."""
    speech = [read_speech(source, encoder) for encoder in encoders]
    skipped = {utterance.id: utterance for model_speech in speech for utterance in model_speech.skipped}
    cuts = [cut for cut in speech[0].cuts if cut.id not in skipped]
    utterances = [LabelledUtterance(cut, phones_of(cut)) for cut in cuts if phones_of(cut)]
    if not utterances:
        raise InputError(
            f"expected utterances with phones, found none among {len(cuts)} utterances of {source.name}; "
            "give labels, or name their tier"
        )
    unlabelled = [SkippedUtterance(cut.id, "it has no phone labels") for cut in cuts if not phones_of(cut)]
    if unlabelled and source.strict:
        raise InputError(f"{unlabelled[0].id}: {unlabelled[0].reason}; add labels or omit --strict")
    return SegmentJob(encoders, source, split(utterances, validation), [*skipped.values(), *unlabelled], tolerance)


def _plan(job: SegmentJob) -> dict[str, Any]:
    """Return everything that determines the numbers of the run."""
    cuts = [utterance.cut for part in (job.parts.validation, job.parts.test) for utterance in part]
    plans = [make_plan(encoder, cuts, job.source.name, (), job.source.options) for encoder in job.encoders]
    validation = [utterance.cut.id for utterance in job.parts.validation]
    against = [{name: plan[name] for name in ("model", "intervention")} for plan in plans[1:]]
    return plans[0] | {"against": against, "validation": validation, "tolerance": job.tolerance}


def _run_job(job: SegmentJob, folder: Path) -> tuple[xr.Dataset, Sequence[SkippedUtterance]]:
    return _compare(job, folder), job.skipped


def _compare(job: SegmentJob, folder: Path) -> xr.Dataset:
    """Tune on the validation part, count boundaries on the test part, and describe both."""
    results = [
        search(encoder, job.parts.validation, job.tolerance, folder / "shards" / str(place))
        for place, encoder in enumerate(job.encoders)
    ]
    segmenters = [*_spectral_segmenters(job), *_model_segmenters(results), *naive_segmenters(job.parts.validation)]
    dataset = build_dataset(segmenters, _counts(segmenters, job), job.parts.test, results)
    example = build_example(job.encoders[0], results[0].head, results[0].heads[results[0].head], job.parts.test)
    attrs = (
        run_attributes(KIND, job.encoders[0], job.source)
        | example.attrs
        | _split_attrs(job)
        | {"tolerance": job.tolerance}
    )
    return dataset.merge(example).assign_attrs(attrs)


def _spectral_segmenters(job: SegmentJob) -> list[Segmenter]:
    part, tolerance = job.parts.validation, job.tolerance
    return [
        tuned_segmenter(method, tune(method.labelled(part), method.frames, tolerance)) for method in (MFCC, LOG_MEL)
    ]


def _model_segmenters(results: Sequence[SearchResult]) -> Iterator[Segmenter]:
    """Iterate over the best methods of the model, then over those of the model that it is compared with."""
    first, *others = results
    for method, parameters in first.methods:
        yield tuned_segmenter(method, parameters)
    for result in others:
        for method, parameters in result.methods:
            yield tuned_segmenter(method, parameters, is_against=True)


def _counts(segmenters: Sequence[Segmenter], job: SegmentJob) -> Ints:
    """Return the counts `[utterance, method, mode, beta, count]` on the test part."""
    counts = []
    with progress("segmenting", sum(utterance.cut.duration for utterance in job.parts.test)) as on_progress:
        for utterance in job.parts.test:
            counts.append([segmenter.counts(utterance, CURVE, job.tolerance) for segmenter in segmenters])
            on_progress(utterance.cut.duration)
    return np.array(counts)


def _split_attrs(job: SegmentJob) -> dict[str, Any]:
    """Return attributes that describe the split."""
    parts = {"validation": job.parts.validation, "test": job.parts.test}
    speakers = {f"{name}_speakers": sorted({utterance.speaker for utterance in part}) for name, part in parts.items()}
    return {"parted_by": job.parts.split_by, "validation_utterances": len(job.parts.validation), **speakers}
