"""Measure the heads of a model on a corpus, and write the results to a run folder."""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr
from lhotse import CutSet, MonoCut
from torch import nn

from otoscope.analysis.phone_labels import PHONE, PhoneLabeler, make_labeler, relations, tier_options
from otoscope.analysis.shards import (
    SHARD_SECONDS,
    ShardOptions,
    ShardResult,
    measure,
    merge_shards,
    read_shard,
    split_into_shards,
    write_shard,
)
from otoscope.analysis.stored_maps import store_example
from otoscope.corpus import SkippedUtterance, speaker_of
from otoscope.corpus.speaker_metadata import metadata_columns
from otoscope.corpus.windows import OVERLAP, utterance_id, windowed
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.results import Measurements, Run, assemble
from otoscope.results.summary import skipped_lines
from otoscope.runs.cache import check_out, resume_or_run
from otoscope.runs.options import SpeechOptions
from otoscope.runs.progress import progress
from otoscope.runs.run_config import make_plan
from otoscope.runs.speech_source import SpeechSource, make_source, read_cuts, resolve_encoder
from otoscope.statistics import accumulator, available_statistics
from otoscope.statistics.clusters import Clusters, make_clusters
from otoscope.statistics.statistic import Statistic


@dataclass(frozen=True)
class AnalysisJob:
    """The input of an analysis: encoder, cuts, statistics, phone labels, source, and the plan of the run."""

    encoder: Encoder
    cuts: list[MonoCut]
    statistics: Mapping[str, Statistic]
    labeler: PhoneLabeler | None
    source: SpeechSource
    plan: dict[str, Any]

    @cached_property
    def clusters(self) -> Clusters:
        """Return the speaker of each cut, or the utterance of which it is a window."""
        return make_clusters(map(speaker_of, self.cuts), [utterance_id(cut) for cut in self.cuts])


def analyze(
    model: str | Path | nn.Module | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    window: float | None = None,
    unit: str = PHONE,
    allow_mismatch: bool = False,
    options: SpeechOptions | None = None,
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

    Returns:
        The finished run: statistics, intervals and categories of every head, and relations if there are phone labels.

    Raises:
        InputError: the model, the corpus or the folder cannot be used, or no utterance can be measured.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     run = analyze("bundled", "bundled", folder, options=SpeechOptions(limit=2))
        ...     list(run.heads.columns[:7])
        ['layer', 'head', 'globalness', 'verticality', 'diagonality', 'weight', 'category']
    """
    options = tier_options(options or SpeechOptions(), unit)
    source, shape = make_source(corpus, options), {"window": window} | ({} if unit == PHONE else {"unit": unit})
    check_out(out, model, replace(source, reading={**source.reading, **shape}), resume=options.resume)
    encoder = resolve_encoder(model, options, allow_mismatch=allow_mismatch)
    encoder.check_heads()
    whole, skipped = read_cuts(source)
    cuts = windowed(whole, window)
    labeler = make_labeler(encoder, cuts, source.phones, unit)
    statistics = available_statistics(labeler.inventory.phones if labeler else (), encoder.model_reductions)
    plan = make_plan(encoder, cuts, source.name, statistics, {**source.options, **shape})
    work = AnalysisJob(encoder, cuts, statistics, labeler, source, plan)
    run = resume_or_run(out, plan, lambda folder: _measured(work, folder, skipped), resume=options.resume)
    if source.strict and (run.skipped["part"] != "file").any():
        skips = skipped_lines(run)[0]
        raise InputError(f"{out} is finished, but --strict allows no skipped utterance: {skips}; omit --strict")
    return run


def _measured(
    work: AnalysisJob, folder: Path, skipped: list[SkippedUtterance]
) -> tuple[xr.Dataset, list[SkippedUtterance]]:
    whole = reduce(merge_shards, _shards(work, folder))
    skipped = skipped + whole.skipped
    if not whole.frames:
        shutil.rmtree(folder / "shards")
        first = f"{skipped[0].id}: {skipped[0].reason}"
        raise InputError(f"no utterance of {len(work.cuts)} can be measured; the first: {first}")
    store_example(folder, work.encoder, [work.cuts[index] for index in sorted(whole.frames)])
    return _dataset(work, whole), skipped


def _shards(work: AnalysisJob, folder: Path) -> Iterator[ShardResult]:
    with progress("measuring heads", sum(cut.duration for cut in work.cuts)) as on_progress:
        for number, group in enumerate(split_into_shards(work.cuts, SHARD_SECONDS)):
            path = folder / "shards" / f"{number:06}.npz"
            options = ShardOptions(work.labeler, work.clusters.names, work.source.strict, on_progress)
            if path.exists():
                on_progress(sum(cut.duration for _, cut in group))
            else:
                write_shard(path, measure(work.encoder, group, work.statistics, options))
            yield read_shard(path)


def _dataset(work: AnalysisJob, whole: ShardResult) -> xr.Dataset:
    final = accumulator.finalize(whole.state)
    unlabelled = [statistic for statistic in work.statistics.values() if not statistic.has_phone_dims]
    names = [statistic.name for statistic in unlabelled if statistic.dims]
    clusters = work.clusters.select(final.index)
    dataset = assemble(
        Measurements(unlabelled, final.rows, clusters, {name: final.cluster_sum[name] for name in names}),
        _utterances([work.cuts[index] for index in final.index], [whole.frames[index] for index in final.index]),
        frame_period=work.encoder.frame_period,
        attributes={
            "model": work.plan["model"]["name"],
            "corpus": work.plan["corpus"]["path"],
            "synthetic": int(work.source.synthetic),
            "not_measured": work.encoder.unavailable_statistics,
            **_windows(work.plan["corpus"]["window"]),
        },
    )
    if work.labeler is None:
        return dataset
    labels = (work.labeler.of(work.cuts[index], whole.frames[index]) for index in final.index)
    between = relations(work.labeler, labels, final, clusters, dataset["speaker"].values.tolist())
    return dataset.merge(between).assign_attrs(between.attrs)


def _windows(seconds: float | None) -> dict[str, float]:
    return {} if seconds is None else {"window": seconds, "window_overlap": OVERLAP * seconds}


def _utterances(cuts: list[MonoCut], frames: list[int]) -> pd.DataFrame:
    columns = {
        "frames": frames,
        "duration": [cut.duration for cut in cuts],
        "speaker": [speaker_of(cut) or "" for cut in cuts],
        **metadata_columns(cuts),
    }
    return pd.DataFrame(columns, index=pd.Index([cut.id for cut in cuts], name="id"))
