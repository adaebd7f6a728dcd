"""Several stages at a time, each in a process of its own that ends with this one."""

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
from otoscope.papers.yang2020.workflow import Record, Stage, carry_out, recorded

PROCESSES: Any = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")
PROCESSES.set_forkserver_preload(["otoscope.papers.yang2020.pipeline"])  # imported once


@dataclass(frozen=True)
class Running:
    """A stage in its process, and the end of the line on which that says what became of it."""

    stage: Stage
    process: BaseProcess
    line: Connection


def carry_out_abreast(
    stages: Sequence[Stage], folder: Path, jobs: int, on_stage: Callable[[str], None]
) -> dict[str, Record]:
    """Do all stages, `jobs` at a time where they do not need one another, each with its share of the threads.

    What a stage has to say beside its result is in `folder/NAME.log`.

    Raises:
        InputError: an essential stage cannot use its input; the others are stopped, to go on another day.
        RuntimeError: a process ended without a result.
    """
    make_folder(folder)
    records = {stage.name: done for stage in stages if (done := recorded(stage, folder))}
    waiting, running = [stage for stage in stages if stage.name not in records], list[Running]()
    try:
        while waiting or running:
            for stage in _next(waiting, running, records, jobs):
                waiting.remove(stage)
                on_stage(stage.name)
                running.append(_start(stage, folder, records, 1 if stage.alone else jobs))
            for line in wait([one.line for one in running]):
                ended = next(one for one in running if one.line is line)
                records[ended.stage.name] = _outcome(ended, folder)
                running.remove(ended)
    finally:
        for one in running:
            one.process.kill()
            one.process.join()
    return {stage.name: records[stage.name] for stage in stages}


def _next(
    waiting: Sequence[Stage], running: Sequence[Running], records: Mapping[str, Record], jobs: int
) -> list[Stage]:
    """Stages that can begin now; one that wants the machine for itself begins when nothing else can."""
    if any(one.stage.alone for one in running):
        return []
    ready = [stage for stage in waiting if all(name in records for name in stage.needs)]
    together = [stage for stage in ready if not stage.alone][: jobs - len(running)]
    return together or (ready[:1] if not running else [])


def _start(stage: Stage, folder: Path, records: Mapping[str, Record], share: int) -> Running:
    ours, theirs = PROCESSES.Pipe()
    threads = max(1, torch.get_num_threads() // share)
    before = {name: records[name] for name in stage.needs}
    process = PROCESSES.Process(target=_alone, args=(theirs, stage, folder, before, threads), daemon=True)
    process.start()
    theirs.close()
    return Running(stage, process, ours)


def _outcome(ended: Running, folder: Path) -> Record:
    try:
        told: Record | InputError = ended.line.recv()
    except EOFError:
        ended.process.join()
        status, log = ended.process.exitcode, _log(ended.stage, folder)
        raise RuntimeError(f"stage {ended.stage.name} ended with status {status}; see {log}") from None
    ended.process.join()
    if isinstance(told, InputError):
        raise told
    return told


def _alone(line: Connection, stage: Stage, folder: Path, before: dict[str, Record], threads: int) -> None:
    """In the stage's process: do it, and say what became of it."""
    threading.Thread(target=_end_with, args=(line,), daemon=True).start()
    log = os.open(_log(stage, folder), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.dup2(log, 1)
    os.dup2(log, 2)
    torch.set_num_threads(threads)
    try:
        line.send(carry_out(stage, folder, before))
    except InputError as error:
        line.send(error)


def _end_with(line: Connection) -> None:
    """End this process as soon as the other end of the line is gone: nobody is to write beside a later attempt."""
    try:
        line.recv()
    except EOFError:
        os._exit(1)


def _log(stage: Stage, folder: Path) -> Path:
    return folder / f"{stage.file}.log"
