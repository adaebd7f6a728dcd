"""An analysis as a job: its shards, measured by any executor or shared by the tasks of a cluster, and its finish."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from threading import Thread
from typing import Any

from torch import nn

from otoscope.analysis.measure_shards import ShardWork, store_shards
from otoscope.analysis.phone_labels import PhoneLabeler
from otoscope.analysis.shard_plan import ShardPlan
from otoscope.corpus import SkippedUtterance
from otoscope.corpus.cut_list import CutList
from otoscope.errors import UnfinishedError
from otoscope.models.encoder import Encoder
from otoscope.results import Run
from otoscope.results.record import read_record
from otoscope.results.status import missing_shards, shard_names
from otoscope.runs.cache import RunResult, join_run, resume_or_run
from otoscope.runs.executors.choice import make_executor
from otoscope.runs.executors.executor import Load
from otoscope.runs.executors.worker_model import WorkerModel
from otoscope.runs.options import ExecutionOptions, SpeechOptions
from otoscope.runs.shared_run import Place
from otoscope.runs.speech_source import SpeechSource
from otoscope.statistics.statistic import Statistic


@dataclass(frozen=True)
class Execution:
    """How and where an analysis runs: options, and what a worker process loads the model by."""

    options: SpeechOptions
    execution: ExecutionOptions
    model: str | Path | nn.Module | Encoder
    allow_mismatch: bool

    @property
    def place(self) -> Place:
        """Return where the analysis computes."""
        return Place(self.execution, self.options.resume)


@dataclass(frozen=True)
class AnalysisJob:
    """The input of an analysis: encoder, cuts, statistics, labels, source, skipped utterances, shards, and the plan."""

    encoder: Encoder
    cuts: CutList
    statistics: Mapping[str, Statistic]
    labeler: PhoneLabeler | None
    source: SpeechSource
    skipped: list[SkippedUtterance]
    shards: ShardPlan
    plan: dict[str, Any]


Finish = Callable[[AnalysisJob, Path], RunResult]


def run_job(job: AnalysisJob, out: str | Path, execution: Execution, finish: Finish) -> Run:
    """Return the finished run of a job; measure what the folder lacks, or the share of this task.

    Raises:
        UnfinishedError: shards of other tasks are missing.
        InputError: the folder cannot be used, or no utterance can be measured.
    """

    def measure_all(folder: Path) -> RunResult:
        _store(job, folder, range(len(job.shards)), execution)
        return finish(job, folder)

    share = execution.place.share
    if share is None:
        return resume_or_run(out, job.plan, measure_all, resume=execution.place.may_resume(out))

    def measure_share(folder: Path) -> None:
        _store(job, folder, [*filter(share.contains, range(len(job.shards)))], execution)
        if missing := missing_shards(folder, len(job.shards)):
            names = shard_names(missing, len(job.shards))
            raise UnfinishedError(f"share {share.number} of {share.count} is measured; {out} lacks {names}")

    return join_run(out, job.plan, measure_share, lambda folder: finish(job, folder))


def _store(job: AnalysisJob, folder: Path, numbers: Sequence[int], execution: Execution) -> None:
    plan = read_record(folder)["plan"]
    executor = make_executor(execution.execution, plan["threads"], job.encoder.device.type)
    options = execution.options
    model = WorkerModel(str(execution.model), options.device, options.dtype, execution.allow_mismatch, plan)
    work = ShardWork(job.labeler, job.source.strict)
    load: Load[Encoder] = (lambda: job.encoder) if executor.is_local else model
    if not executor.is_local:
        Thread(target=import_module, args=("zarr",), daemon=True).start()  # for the finish, while workers measure
    store_shards(folder, job.shards, numbers, work, executor, load)
