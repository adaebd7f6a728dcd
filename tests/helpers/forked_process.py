"""Processes without otoscope in memory, forked from a server that has imported the libraries which load slowly.

Importing torch and transformers takes seconds of CPU time; the fork takes milliseconds. Tests of imports themselves
start a fresh interpreter instead.
"""

import multiprocessing
import os
import runpy
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Literal

SLOW_LIBRARIES = ["torch", "transformers.modeling_utils", "scipy.signal", "scipy.optimize", "lhotse", "xarray", "zarr"]


@dataclass(frozen=True)
class Command:
    """What a process runs: a script, or otoscope where there is none."""

    arguments: list[str]
    environment: dict[str, str]
    folder: Path
    script: str | None = None
    warning_filter: Literal["ignore", "error"] = "ignore"


def run_otoscope(*arguments: object, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run `python -m otoscope ARGUMENTS` with additions to the environment."""
    return _run(Command([*map(str, arguments)], {**os.environ, **(environment or {})}, Path.cwd()))


def run_script(
    script: str, *arguments: object, warning_filter: Literal["ignore", "error"] = "ignore"
) -> subprocess.CompletedProcess[str]:
    """Run `python -W WARNING_FILTER -c SCRIPT ARGUMENTS`; a script that was killed has a negative return code."""
    return _run(Command([*map(str, arguments)], dict(os.environ), Path.cwd(), script, warning_filter))


def _run(command: Command) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "stdout"), Path(folder, "stderr")
        process = _server().Process(target=_execute, args=(command, out, err))
        process.start()
        process.join()
        return subprocess.CompletedProcess(command.arguments, process.exitcode or 0, out.read_text(), err.read_text())


@cache
def _server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(SLOW_LIBRARIES)
    return context


def _execute(command: Command, out: Path, err: Path) -> None:
    """Run in the forked process, with its own output, environment and folder."""
    for path, stream in ((out, sys.stdout), (err, sys.stderr)):
        with path.open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    os.environ.clear()
    os.environ.update(command.environment)
    os.chdir(command.folder)
    sys.path[:0] = [folder for folder in command.environment.get("PYTHONPATH", "").split(os.pathsep) if folder]
    sys.argv = ["otoscope" if command.script is None else "-c", *command.arguments]
    if command.script is None:
        runpy.run_module("otoscope", run_name="__main__", alter_sys=True)
    else:
        warnings.simplefilter(command.warning_filter)
        exec(compile(command.script, "<string>", "exec"), {"__name__": "__main__"})
