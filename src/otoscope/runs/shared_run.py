"""A command whose parts any executor computes, or the tasks of a cluster that share its run folder."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from torch import nn

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.results import Run
from otoscope.results.status import run_status, shard_names
from otoscope.runs.cache import RunResult, join_run, resume_or_run
from otoscope.runs.executors.choice import threads_of, uses_processes
from otoscope.runs.executors.share import Share, find_share
from otoscope.runs.executors.start import start_workers
from otoscope.runs.executors.worker_model import check_name
from otoscope.runs.options import ExecutionOptions, SpeechOptions
from otoscope.runs.part_map import Job, PartMap, open_parts
from otoscope.runs.threads import recorded_threads, use_threads

JobT = TypeVar("JobT")
PartsJobT = TypeVar("PartsJobT", bound="PartsJob")


class PartsJob(Job, Protocol):
    """A job whose results are made of parts."""

    def measure(self, parts: PartMap) -> object:
        """Compute and store the parts.

        Raises:
            UnfinishedError: parts of other tasks are missing.
        """


@dataclass(frozen=True)
class Place:
    """Where a command computes, and whether it may continue a run."""

    execution: ExecutionOptions
    resume: bool

    @property
    def share(self) -> Share | None:
        """Return the share of this process, or None for the whole run."""
        return find_share(self.execution.shard, os.environ)

    def prepare(self, out: str | Path, make: Callable[[], JobT]) -> JobT:
        """Return the job that `make` prepares with the threads of the run: those that it began with, or of a worker."""
        with use_threads(recorded_threads(Path(out)) or threads_of(self.execution)):
            return make()

    def may_resume(self, out: str | Path) -> bool:
        """Return whether the folder may contain a run: if the user asks for it, or if only the finish is missing.

        Raises:
            InputError: the run in the folder lacks shards, and the user does not ask to resume.
        """
        if self.resume or self.share:
            return True
        if not (Path(out) / "run.json").is_file():
            return False
        status = run_status(out)
        if status.finished or not status.stored or status.shards is None:
            return False
        if status.missing:
            raise InputError(
                f"{out} holds an unfinished run without {shard_names(status.missing, status.shards)}; choose another "
                "folder, repeat the tasks of these shards, or pass --resume to continue it here"
            )
        return True


def make_place(
    model: str | Path | nn.Module | Encoder, options: SpeechOptions, execution: ExecutionOptions | None
) -> Place:
    """Return where a command computes. Raise InputError if workers cannot load the model by its name."""
    execution = execution or ExecutionOptions()
    check_workers(model, execution)
    return Place(execution, options.resume)


def check_workers(
    model: str | Path | nn.Module | Encoder, execution: ExecutionOptions, modules: Sequence[str] = ()
) -> None:
    """Start what workers need early; raise InputError if they cannot load the model.

    `modules` are names of modules that the work needs.
    """
    if uses_processes(execution):
        check_name(model)
    start_workers(execution, modules)


def run_parts(
    out: str | Path,
    job: PartsJobT,
    prepare: Callable[[], Job],
    place: Place,
    finish: Callable[[PartsJobT, PartMap], RunResult],
) -> Run:
    """Return the finished run of a job; compute the parts that the folder lacks, or the share of this task.

    Args:
        out: the run folder.
        job: the job in this process.
        prepare: prepares the same job in a worker; picklable.
        place: where to compute.
        finish: returns the Dataset and the skipped utterances, from parts that are stored or that it computes.

    Raises:
        UnfinishedError: parts of other tasks are missing.
        InputError: the folder cannot be used, or the work fails.
    """
    share, plan = place.share, {**job.plan, "threads": threads_of(place.execution)}

    def measure(folder: Path) -> None:
        with open_parts(folder, job, prepare, place.execution, share) as parts:
            job.measure(parts)

    def make(folder: Path) -> RunResult:
        with open_parts(folder, job, prepare, place.execution, share) as parts:
            return finish(job, parts)

    if share is None:
        return resume_or_run(out, plan, make, resume=place.may_resume(out))
    return join_run(out, plan, measure, make)
