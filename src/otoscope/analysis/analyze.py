"""Measure the heads of a model on a corpus, and write the results to a run folder."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from lhotse import CutSet
from torch import nn

from otoscope.analysis import measure_shards
from otoscope.analysis.corpus_plan import corpus_plan
from otoscope.analysis.finish import finish_analysis
from otoscope.analysis.job import AnalysisJob, Execution, run_job
from otoscope.analysis.phone_labels import PHONE, make_labeler, tier_options
from otoscope.analysis.shard_plan import ShardPlan, shard_seconds
from otoscope.analysis.stored_maps import find_example
from otoscope.corpus.cut_list import CutList, listed
from otoscope.corpus.windows import iter_windows
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.results import Run
from otoscope.results.summary import skipped_lines
from otoscope.runs.cache import check_out
from otoscope.runs.executors.choice import threads_of
from otoscope.runs.options import ExecutionOptions, SpeechOptions
from otoscope.runs.run_config import model_plan, resolve_path
from otoscope.runs.shared_run import check_workers
from otoscope.runs.speech_source import SpeechSource, list_cuts, make_source, resolve_encoder
from otoscope.statistics import available_statistics


def analyze(
    model: str | Path | nn.Module | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    window: float | None = None,
    unit: str = PHONE,
    allow_mismatch: bool = False,
    options: SpeechOptions | None = None,
    execution: ExecutionOptions | None = None,
) -> Run:
    """Measure every head of a model on a corpus, sort the heads into categories, and keep it all as a run folder.

    Args:
        model: what `load` takes, or an Encoder (whose interventions are then in force; statistics of heads that it
            removes describe the attention they would have).
        corpus: what `read_corpus` takes, `"bundled"`, or cuts in any order: results are ordered by utterance id.
        out: the run folder; must not exist or be empty.
        window: seconds; longer utterances are measured in windows of that length that overlap by at least a quarter of
            it, each an utterance of its own, `id@start`.
        unit: labels between which relations are measured: `phone`, `word`, or the name of a tier. Of words and of the
            labels of a tier, the 38 most frequent have relations of their own; the others are one label.
        allow_mismatch: accept a model that lacks weights or has additional ones.
        options: how to load the model and read the corpus. `strict` changes no number: a run may be resumed with or
            without it, but a finished run with skipped utterances is refused if `strict` is set.
        execution: where to compute: in this process, in several, or as a task of a cluster that measures a share.

    Returns:
        The finished run: statistics, intervals and categories of every head, and relations if there are phone labels.

    Raises:
        UnfinishedError: this task has measured its share, and shares of other tasks are missing.
        InputError: the model, the corpus or the folder cannot be used, or no utterance can be measured.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     run = analyze("bundled", "bundled", folder, options=SpeechOptions(limit=2))
        ...     list(run.heads.columns[:7])
        ['layer', 'head', 'globalness', 'verticality', 'diagonality', 'weight', 'category']
    """
    options = tier_options(options or SpeechOptions(), unit)
    place = Execution(options, execution or ExecutionOptions(), model, allow_mismatch)
    source, shape = make_source(corpus, options), _shape(window, unit)
    check_workers(model, place.execution, [measure_shards.__name__])
    check_out(out, model, replace(source, reading={**source.reading, **shape}), resume=place.place.may_resume(out))
    run = run_job(_make_job(source, place, out, window, unit), out, place, finish_analysis)
    if source.strict and (run.skipped["part"] != "file").any():
        skips = skipped_lines(run)[0]
        raise InputError(f"{out} is finished, but --strict allows no skipped utterance: {skips}; omit --strict")
    return run


def _make_job(source: SpeechSource, place: Execution, out: str | Path, window: float | None, unit: str) -> AnalysisJob:
    """Load the model, read the corpus without its audio, and plan the run."""
    encoder = resolve_encoder(place.model, place.options, allow_mismatch=place.allow_mismatch)
    encoder.check_heads()
    whole, skipped = list_cuts(source)
    cuts = whole if window is None else CutList.of(map(listed, iter_windows(whole, window)))
    labeler = make_labeler(encoder, cuts.labelled(), source.phones, unit)
    statistics = available_statistics(labeler.inventory.phones if labeler else (), encoder.model_reductions)
    seconds = shard_seconds(sum(cuts.seconds.tolist()))
    shards = ShardPlan(cuts, seconds, find_example(encoder, cuts))
    corpus = corpus_plan(cuts, shards, out, verify=place.execution.verify)
    plan = model_plan(encoder) | {
        "corpus": {"path": resolve_path(source.name), **source.options, **_shape(window, unit), **corpus},
        "statistics": list(statistics),
        "shards": {"count": len(shards), "seconds": seconds},
        "threads": threads_of(place.execution),
    }
    return AnalysisJob(encoder, cuts, statistics, labeler, source, skipped, shards, plan)


def _shape(window: float | None, unit: str) -> dict[str, Any]:
    """Return what the plan of a run records of windows and labels."""
    return {"window": window} | ({} if unit == PHONE else {"unit": unit})
