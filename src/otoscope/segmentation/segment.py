"""From models and a labelled corpus to a run that says how well their attention finds phones."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr
from lhotse import CutSet

from otoscope.corpus import SkippedUtterance, phones_of
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.results import Run
from otoscope.runs.cache import resume_or_run
from otoscope.runs.options import SpeechOptions
from otoscope.runs.progress import progress
from otoscope.runs.run_config import make_plan
from otoscope.runs.speech_source import SpeechSource, about, encoder_of, read_speech, source_of
from otoscope.segmentation.dataset import CURVE, KIND, build_dataset
from otoscope.segmentation.example import build_example
from otoscope.segmentation.feature_methods import LOG_MEL, MFCC
from otoscope.segmentation.search import SearchResult, search
from otoscope.segmentation.segmenters import Segmenter, naive_segmenters, tuned_segmenter
from otoscope.segmentation.split import LabelledUtterance, Split, split
from otoscope.segmentation.tuning import tune


@dataclass(frozen=True, eq=False)
class SegmentJob:
    """Which models are compared on which utterances."""

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
    """Find the heads of a model that segment speech into phones best, and compare them with what needs no model.

    Every head, every layer's representation, MFCC and log-mel frames go through the same algorithm, each with its own
    alpha and beta. These, the head, the layer and the ensemble are chosen on some speakers and reported on the others.

    Args:
        model, corpus, out: as for `analyze`; with phones.
        validation: speakers to tune on; without them every fourth in order of id.
        against: another model, whose rows stand beside.
        tolerance: seconds that a boundary may lie from its reference.
        options: how to load the model and read the corpus.

    Returns:
        The finished run: strict and lenient scores of every method, with intervals, and the R-value of every head.

    Raises:
        InputError: no phones, nothing to tune on or to report on, a tolerance not above zero, and as `analyze` does.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     run = segment("bundled", "bundled", folder, validation=["kal16"], options=SpeechOptions(limit=10))
        ...     list(run.dataset.segmenter.values[:3]), run.dataset.head_r_value.shape
        (['MFCC', 'log-mel', 'representation'], (1, 6, 8))
    """
    if not tolerance > 0:
        raise InputError(f"expected a tolerance above 0 seconds, got {tolerance}; 0.020 is customary")
    options = options or SpeechOptions()
    given = [one for one in (model, against) if one is not None]
    encoders = [encoder_of(one, options) for one in given]
    if len({encoder.name for encoder in encoders}) < len(encoders):
        raise InputError(f"expected another model to compare {encoders[0].name} against, got it again")
    work = _work(encoders, source_of(corpus, options), validation, tolerance)
    return resume_or_run(
        out, _plan(work), lambda folder: (_compared(work, folder), work.skipped), resume=options.resume
    )


def _work(
    encoders: Sequence[Encoder], source: SpeechSource, validation: Collection[str], tolerance: float
) -> SegmentJob:
    """The utterances that have phones and that every model can hear, parted."""
    speech = [read_speech(source, encoder) for encoder in encoders]
    skipped = {one.id: one for heard in speech for one in heard.skipped}
    cuts = [cut for cut in speech[0].cuts if cut.id not in skipped]
    utterances = [LabelledUtterance(cut, phones_of(cut)) for cut in cuts if phones_of(cut)]
    if not utterances:
        raise InputError(f"none of {len(cuts)} utterances in {source.name} has phones; give labels, or name their tier")
    unlabelled = [SkippedUtterance(cut.id, "it has no phone labels") for cut in cuts if not phones_of(cut)]
    if unlabelled and source.strict:
        raise InputError(f"{unlabelled[0].id}: {unlabelled[0].reason}")
    return SegmentJob(encoders, source, split(utterances, validation), [*skipped.values(), *unlabelled], tolerance)


def _plan(work: SegmentJob) -> dict[str, Any]:
    """All that decides the numbers."""
    cuts = [utterance.cut for part in (work.parts.validation, work.parts.test) for utterance in part]
    plans = [make_plan(encoder, cuts, work.source.name, (), work.source.options) for encoder in work.encoders]
    validation = [utterance.cut.id for utterance in work.parts.validation]
    against = [{name: plan[name] for name in ("model", "intervention")} for plan in plans[1:]]
    return plans[0] | {"against": against, "validation": validation, "tolerance": work.tolerance}


def _compared(work: SegmentJob, folder: Path) -> xr.Dataset:
    """Tune on validation, count on test, and describe."""
    found = [
        search(encoder, work.parts.validation, work.tolerance, folder / "shards" / str(place))
        for place, encoder in enumerate(work.encoders)
    ]
    segmenters = [*_spectral(work), *_of_models(found), *naive_segmenters(work.parts.validation)]
    dataset = build_dataset(segmenters, _counts(segmenters, work), work.parts.test, found)
    shown = build_example(work.encoders[0], found[0].head, found[0].heads[found[0].head], work.parts.test)
    attrs = about(KIND, work.encoders[0], work.source) | shown.attrs | _speakers(work) | {"tolerance": work.tolerance}
    return dataset.merge(shown).assign_attrs(attrs)


def _spectral(work: SegmentJob) -> list[Segmenter]:
    part, tolerance = work.parts.validation, work.tolerance
    return [
        tuned_segmenter(method, tune(method.labelled(part), method.frames, tolerance)) for method in (MFCC, LOG_MEL)
    ]


def _of_models(found: Sequence[SearchResult]) -> Iterator[Segmenter]:
    for place, one in enumerate(found):
        for method, tuning in one.methods:
            yield tuned_segmenter(replace(method, name=f"{method.name}{' (against)' * place}"), tuning)


def _counts(segmenters: Sequence[Segmenter], work: SegmentJob) -> npt.NDArray[np.int64]:
    """Counts [utterance, method, mode, beta, count] on the test part."""
    counts = []
    with progress("segmenting", sum(utterance.cut.duration for utterance in work.parts.test)) as advance:
        for utterance in work.parts.test:
            counts.append([segmenter.counts(utterance, CURVE, work.tolerance) for segmenter in segmenters])
            advance(utterance.cut.duration)
    return np.array(counts)


def _speakers(work: SegmentJob) -> dict[str, Any]:
    """How the utterances were parted, as attributes."""
    parts = {"validation": work.parts.validation, "test": work.parts.test}
    speakers = {f"{name}_speakers": sorted({one.speaker for one in part}) for name, part in parts.items()}
    return {"parted_by": work.parts.by, "validation_utterances": len(work.parts.validation), **speakers}
