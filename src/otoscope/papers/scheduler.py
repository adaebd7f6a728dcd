"""Run several stages at a time, each in its own process. A process ends when its parent ends."""

import os
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_all_start_methods, get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch

from otoscope._io.atomic import make_folder
from otoscope.errors import InputError
from otoscope.papers.stage import Stage, StageRecord, load_record, run_stage

PROCESSES: Any = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")


@dataclass(frozen=True)
class RunningStage:
    """A stage in its process, and the end of the pipe on which the process sends its record."""

    stage: Stage
    process: BaseProcess
    pipe: Connection


def run_stages_parallel(
    stages: Sequence[Stage],
    folder: Path,
    jobs: int,
    on_stage: Callable[[str], None],
    preload: Sequence[str] = (),
) -> dict[str, StageRecord]:
    """Run all stages in an order that their needs allow, several at a time.

    The output of a stage goes to `folder/NAME.log`. Each process gets its share of the threads.

    Args:
        stages: the stages.
        folder: folder of records and logs.
        jobs: highest number of stages that run at the same time.
        on_stage: receives the name of each stage when it starts.
        preload: names of modules that the server of processes imports once.

    Returns:
        The record of each stage by name, in the order of `stages`.

    Raises:
        InputError: an essential stage cannot use its input. The other processes are stopped; a later call resumes them.
        RuntimeError: a process ended without a record.
    """
    PROCESSES.set_forkserver_preload(list(preload))
    make_folder(folder)
    records = {stage.name: record for stage in stages if (record := load_record(stage, folder))}
    waiting, running = [stage for stage in stages if stage.name not in records], list[RunningStage]()
    try:
        while waiting or running:
            for stage in _startable(waiting, running, records, jobs):
                waiting.remove(stage)
                on_stage(stage.name)
                running.append(_start(stage, folder, records, 1 if stage.exclusive else jobs))
            for pipe in wait([active.pipe for active in running]):
                ended = next(active for active in running if active.pipe is pipe)
                records[ended.stage.name] = _receive_record(ended, folder)
                running.remove(ended)
    finally:
        for active in running:
            active.process.kill()
            active.process.join()
    return {stage.name: records[stage.name] for stage in stages}


def _startable(
    waiting: Sequence[Stage], running: Sequence[RunningStage], records: Mapping[str, StageRecord], jobs: int
) -> list[Stage]:
    """Return the stages that can start now; an exclusive stage starts when no other stage runs or can start."""
    if any(active.stage.exclusive for active in running):
        return []
    ready = [stage for stage in waiting if all(name in records for name in stage.needs)]
    shared = [stage for stage in ready if not stage.exclusive][: jobs - len(running)]
    return shared or (ready[:1] if not running else [])


def _start(stage: Stage, folder: Path, records: Mapping[str, StageRecord], share: int) -> RunningStage:
    parent_end, child_end = PROCESSES.Pipe()
    threads = max(1, torch.get_num_threads() // share)
    earlier = {name: records[name] for name in stage.needs}
    process = PROCESSES.Process(target=_child_main, args=(child_end, stage, folder, earlier, threads), daemon=True)
    process.start()
    child_end.close()
    return RunningStage(stage, process, parent_end)


def _receive_record(ended: RunningStage, folder: Path) -> StageRecord:
    try:
        message: StageRecord | InputError = ended.pipe.recv()
    except EOFError:
        ended.process.join()
        status, log = ended.process.exitcode, _log(ended.stage, folder)
        raise RuntimeError(f"stage {ended.stage.name} ended with status {status}; see {log}") from None
    ended.process.join()
    if isinstance(message, InputError):
        raise message
    return message


def _child_main(pipe: Connection, stage: Stage, folder: Path, earlier: dict[str, StageRecord], threads: int) -> None:
    """Run a stage in its process, and send its record."""
    threading.Thread(target=_exit_with_parent, args=(pipe,), daemon=True).start()
    log = os.open(_log(stage, folder), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(log, 1)
    os.dup2(log, 2)
    torch.set_num_threads(threads)
    try:
        pipe.send(run_stage(stage, folder, earlier))
    except InputError as error:
        pipe.send(error)


def _exit_with_parent(pipe: Connection) -> None:
    """End this process as soon as the parent's end of the pipe closes, so that no orphan writes into the folder."""
    try:
        pipe.recv()
    except EOFError:
        os._exit(1)


def _log(stage: Stage, folder: Path) -> Path:
    return folder / f"{stage.file_stem}.log"
