"""Map a function of a command's job over items, on any executor; the run folder stores each result.

A job is what a command prepares once: model, speech, trained probes. A worker prepares the same job from the same
arguments. A result depends on the job and the item alone, and results come back in the order of the items, so that the
bits are those of one process.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch

from otoscope._io.saved_work import write_json
from otoscope.errors import InputError, UnfinishedError
from otoscope.models.encoder import Encoder
from otoscope.results.record import read_record
from otoscope.results.status import count_path, failure_path, part_path, shard_names
from otoscope.runs.cache import Arrays, read_arrays, store_arrays
from otoscope.runs.executors.choice import make_executor
from otoscope.runs.executors.executor import OnProgress, Workers
from otoscope.runs.executors.share import Share
from otoscope.runs.executors.worker_model import check_worker
from otoscope.runs.options import ExecutionOptions
from otoscope.runs.progress import progress

ItemFunction = Callable[[Any, Any, OnProgress], Arrays]
"""From job, item, and where to report seconds of audio, to arrays."""


CHECKED = ("versions", "model", "corpus")
"""Parts of a plan that a worker compares: one that cannot read an utterance has another corpus."""


class Job(Protocol):
    """What a command prepares once."""

    @property
    def encoder(self) -> Encoder:
        """Return the model."""

    @property
    def plan(self) -> Mapping[str, Any]:
        """Return all that decides the numbers of the run."""


@dataclass(frozen=True)
class ItemPart:
    """An item, the function that it is for, its seconds of audio, and the text that a message calls it."""

    path: Path
    function: ItemFunction
    item: Any
    seconds: float
    text: str


@dataclass(frozen=True)
class Items:
    """Items of one kind.

    Attributes:
        name: name of their folder among the shards of a run.
        text: what is done with them, for the display of progress.
        values: the items; picklable.
        seconds: seconds of audio of each.
        is_shared: whether the tasks of a cluster share them out; otherwise every task computes all, because other
            items follow from them.
    """

    name: str
    text: str
    values: Sequence[Any]
    seconds: Sequence[float]
    is_shared: bool = True


@dataclass(frozen=True)
class WorkerJob:
    """How a worker prepares the job of a plan: its arguments, and the plan that it must fit."""

    prepare: Callable[[], Job]
    plan: Mapping[str, Any]

    def __call__(self) -> Job:
        """Return the job.

        Raises:
            InputError: this process has other versions, another model or other audio than the plan.
        """
        torch.set_num_threads(self.plan["threads"])
        job = self.prepare()
        check_worker(self.plan, job.plan, CHECKED)
        return job


@dataclass(frozen=True, eq=False)
class PartMap:
    """Maps functions over items, and stores the results in a run folder.

    Attributes:
        folder: the run folder.
        workers: the open executor.
        share: the share of this task of a cluster; None for all items.
    """

    folder: Path
    workers: Workers[ItemPart, Arrays | InputError]
    share: Share | None = None

    @property
    def whole(self) -> "PartMap":
        """Return the same without a share, for items that every task of a cluster needs."""
        return replace(self, share=None)

    def map(self, function: ItemFunction, items: Items) -> list[dict[str, Any]]:
        """Return the arrays of each item, in the order of the items; compute and store those that are missing.

        Args:
            function: a function that can be pickled.
            items: the items.

        Raises:
            UnfinishedError: items of other shares are missing.
            InputError: the work on an item or a worker fails; what others computed is stored.
        """
        parts = self._parts(function, items)
        write_json(count_path(self.folder, items.name), {"count": len(parts)}, shared=True)
        with progress(items.text, sum(items.seconds)) as on_progress:
            missing = [part for part in parts if not part.path.exists()]
            on_progress(sum(items.seconds) - sum(part.seconds for part in missing))
            share = self.share if items.is_shared else None
            own = [part for part in missing if share is None or share.contains(int(part.path.stem))]
            for part, result in self.workers(own, on_progress) if own else ():
                _store(part.path, result)
        self._check_whole(parts)
        return [read_arrays(part.path) for part in parts]

    def _parts(self, function: ItemFunction, items: Items) -> list[ItemPart]:
        return [
            ItemPart(part_path(self.folder, items.name, number), function, item, seconds, f"{items.name} {number + 1}")
            for number, (item, seconds) in enumerate(zip(items.values, items.seconds, strict=True))
        ]

    def _check_whole(self, parts: Sequence[ItemPart]) -> None:
        missing = tuple(number for number, part in enumerate(parts) if not part.path.exists())
        if self.share is not None and missing:
            names = shard_names(missing, len(parts))
            text = f"share {self.share.number} of {self.share.count} is measured"
            raise UnfinishedError(f"{text}; {self.folder} lacks {names} of {parts[0].path.parent.name}")


@contextmanager
def open_parts(
    folder: Path, job: Job, prepare: Callable[[], Job], execution: ExecutionOptions, share: Share | None
) -> Iterator[PartMap]:
    """Provide the map of a job in a run folder.

    Args:
        folder: the run folder, which is claimed.
        job: the job in this process.
        prepare: prepares the same job in a worker; picklable.
        execution: where to compute.
        share: the share of this task; None for all.
    """
    plan = read_record(folder)["plan"]
    executor = make_executor(execution, plan["threads"], job.encoder.device.type)
    load: Callable[[], Job] = (lambda: job) if executor.is_local else WorkerJob(prepare, plan)
    with executor.open(load, _work) as workers:
        yield PartMap(folder, workers, share)


def _work(job: Job, part: ItemPart, on_progress: OnProgress) -> Arrays | InputError:
    try:
        return part.function(job, part.item, on_progress)
    except InputError as error:
        return error


def _store(path: Path, result: Arrays | InputError) -> None:
    if isinstance(result, InputError):
        write_json(failure_path(path), {"reason": str(result)}, shared=True)
        raise result
    store_arrays(path, result)
    failure_path(path).unlink(missing_ok=True)
