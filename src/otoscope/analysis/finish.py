"""The finish of an analysis: the Dataset of a run from the files of its shards, read one after the other."""

import shutil
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from tempfile import mkdtemp
from typing import cast

import numpy as np
import pandas as pd

from otoscope._io.freed_memory import return_freed_memory
from otoscope._io.row_file import RowFile
from otoscope.analysis.job import AnalysisJob
from otoscope.analysis.parts import (
    RunParts,
    Utterances,
    run_dataset,
    window_attributes,
    without_sums,
    write_states,
)
from otoscope.analysis.shard_files import decode_shard
from otoscope.analysis.shards import ShardResult
from otoscope.analysis.stored_maps import store_example
from otoscope.corpus import SkippedUtterance
from otoscope.corpus.cut_fingerprint import join_digests, join_packed
from otoscope.corpus.cut_list import CutList
from otoscope.corpus.speaker_metadata import columns_of
from otoscope.errors import InputError
from otoscope.relations.label_totals import LabelTotals
from otoscope.results.record import add_to_plan
from otoscope.results.status import shard_path
from otoscope.runs.cache import RunResult
from otoscope.statistics import accumulator
from otoscope.statistics.accumulator import State
from otoscope.typing import AnyFloats


@dataclass(eq=False)
class ShardSum:
    """The sum of shards that were added so far, in the order of the corpus. `add` changes it; nothing else does.

    Rows go to one file for each statistic as they come, and digests of cuts to another, so that memory does not grow
    with them.

    Attributes:
        folder: folder of these files.
        state: sums of statistics; None before the first shard.
        index: index in the corpus of each utterance that was measured.
        frames: frames of each of them.
        skipped: skipped utterances.
        labels: what labelled utterances say of phones, without their indices; None before the first shard.
        labelled: place of each labelled utterance among those that were measured.
        files: hash of sizes and dates of the audio of each shard.
        waves: audio `[samples]` that a shard stores, by place among the measured utterances.
    """

    folder: Path
    state: State | None = None
    index: "array[int]" = field(default_factory=lambda: array("I"))
    frames: "array[int]" = field(default_factory=lambda: array("I"))
    skipped: list[SkippedUtterance] = field(default_factory=list)
    labels: LabelTotals | None = None
    labelled: "array[int]" = field(default_factory=lambda: array("I"))
    files: list[bytes] = field(default_factory=list)
    waves: dict[int, AnyFloats] = field(default_factory=dict)

    def add(self, shard: ShardResult) -> None:
        """Add a shard; its utterances follow those that were added."""
        order = sorted(shard.frames)
        for name, rows in shard.state.rows.items():
            with self._file(name).open("ab") as file:
                file.write(b"".join(np.ascontiguousarray(rows[index]).tobytes() for index in order))
            rows.clear()
        self.waves |= {
            len(self.index) + order.index(at): wave for at, wave in shard.waves.items() if at in shard.frames
        }
        self.labelled.extend(len(self.index) + np.flatnonzero(np.isin(order, shard.labels.labelled)))
        self.index.extend(order)
        self.frames.extend(shard.frames[index] for index in order)
        self.skipped += shard.skipped
        with self._digests.open("ab") as file:
            file.write(b"".join(shard.digests.values()))
        self.files.append(shard.files)
        labels = replace(shard.labels, labelled=np.zeros(0, np.int64))
        if self.state is None or self.labels is None:
            self.state, self.labels = shard.state, labels
        else:
            accumulator.absorb(self.state, shard.state)
            self.labels.absorb(labels, self.state.bits)
        self.state.codes.clear()  # shards of a plan share no utterance

    def totals(self) -> LabelTotals:
        """Return what labelled utterances say of phones, with the place of each among those that were measured."""
        return replace(self.labels or LabelTotals(), labelled=np.array(self.labelled, np.int64))

    def rows(self) -> dict[str, AnyFloats]:
        """Return the rows `[u, l, h]` of each statistic, which are read from their files when they are used."""
        if self.state is None:
            return {}
        shape = (len(self.index), len(self.state.n_heads), max(self.state.n_heads))
        return {name: cast(AnyFloats, RowFile(self._file(name), shape)) for name in self.state.rows}

    def hashes(self) -> dict[str, str]:
        """Return the fingerprint of the cuts with their audio, and the hash of sizes and dates of its files."""
        return {
            "fingerprint": join_packed(np.fromfile(self._digests, np.uint8)),
            "files": join_digests(self.files),
        }

    @property
    def _digests(self) -> Path:
        return self.folder / "digests"

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.rows"


def finish_analysis(job: AnalysisJob, folder: Path) -> RunResult:
    """Return the Dataset of a run whose shards are all stored, and the skipped utterances.

    Stores the sums of the run and the maps of its example.

    Raises:
        InputError: no utterance was measured.
    """
    parts, skipped = _reduced(job, folder)
    return_freed_memory()
    return run_dataset(parts), skipped


def _reduced(job: AnalysisJob, folder: Path) -> tuple[RunParts, list[SkippedUtterance]]:
    """Return the parts of the run without their sums, which are stored, and the skipped utterances."""
    whole = sum_shards(folder, len(job.shards))
    skipped = job.skipped + whole.skipped
    if not whole.frames:
        shutil.rmtree(folder / "shards")
        first = f"{skipped[0].id}: {skipped[0].reason}"
        raise InputError(f"no utterance of {len(job.cuts)} can be measured; the first: {first}")
    parts = _parts(job, whole)
    add_to_plan(folder, "corpus", whole.hashes())
    store_example(folder, job.encoder, job.cuts.select(whole.index), whole.waves)
    write_states(folder, parts)
    return_freed_memory()
    return without_sums(parts), skipped


def sum_shards(folder: Path, count: int) -> ShardSum:
    """Return the sum of the shards of a run, which are read one after the other."""
    whole = ShardSum(Path(mkdtemp(prefix="rows-", dir=folder / "shards")))
    for number in range(count):
        whole.add(decode_shard(shard_path(folder, number)))
    return whole


def _parts(job: AnalysisJob, whole: ShardSum) -> RunParts:
    state, cuts = whole.state or State(()), job.cuts.select(whole.index)
    return RunParts(
        statistics=[statistic for statistic in job.statistics.values() if not statistic.has_phone_dims],
        n_heads=state.n_heads,
        rows=whole.rows(),
        sums=state.sums,
        utterances=Utterances(cuts.ids.tolist(), cuts.speakers, partial(_table, cuts, whole.frames)),
        labels=job.labeler,
        totals=whole.totals(),
        frame_period=job.encoder.frame_period,
        attributes={
            "model": job.plan["model"]["name"],
            "corpus": job.plan["corpus"]["path"],
            "synthetic": int(job.source.synthetic),
            "not_measured": job.encoder.unavailable_statistics,
            **window_attributes(job.plan["corpus"]["window"]),
        },
    )


def _table(cuts: CutList, frames: Sequence[int]) -> pd.DataFrame:
    columns = {
        "frames": np.array(frames, np.int64),
        "duration": cuts.seconds,
        "speaker": [speaker or "" for speaker in cuts.speakers],
        **columns_of(cuts.metadata.tolist()),
    }
    return pd.DataFrame(columns, index=pd.Index(cuts.ids, name="id"))
