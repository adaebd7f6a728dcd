"""Fixtures that tests of several packages share."""

import gc
import os
import sys
from multiprocessing import forkserver
from pathlib import Path

import pytest
from tests.helpers.forked_process import SLOW_LIBRARIES

from otoscope.cli import GARBAGE_THRESHOLD, main

gc.set_threshold(GARBAGE_THRESHOLD)  # as the command line does


def pytest_collection_finish() -> None:
    """Keep modules and tests, which live until the end, out of garbage collection: each one would walk them all."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory):
    """Keep trained nets and passed self-checks apart from the user's; the tests of a process share them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OTOSCOPE_CACHE", str(tmp_path_factory.getbasetemp() / "cache"))
        yield


@pytest.fixture(scope="session", autouse=True)
def no_waiting_for_the_disk():
    """Do not wait until the disk has what the tests write: only a loss of power would show a difference."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)
        yield


@pytest.fixture(scope="session", autouse=True)
def processes_without_otoscope():
    """Let the server of processes import libraries alone: there is one, and tests need processes without otoscope."""
    set_preload = forkserver.set_forkserver_preload
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forkserver, "set_forkserver_preload", lambda names: set_preload(SLOW_LIBRARIES))
        yield


@pytest.fixture(scope="session")
def corpora() -> Path:
    """Return the folder of real speech, named by OTOSCOPE_CORPORA, or `../shared/corpora` next to the checkout."""
    root = Path(os.environ.get("OTOSCOPE_CORPORA", Path(__file__).parents[2] / "shared" / "corpora"))
    if not root.is_dir():
        pytest.skip(f"real speech not found at {root}; set OTOSCOPE_CORPORA to its folder")
    return root


@pytest.fixture(scope="session")
def whisper() -> Path:
    """Return the folder of whisper-tiny.en in OTOSCOPE_MODELS, or in `../shared/models` next to the checkout."""
    root = Path(os.environ.get("OTOSCOPE_MODELS", Path(__file__).parents[2] / "shared" / "models"))
    if not (folder := root / "whisper-tiny.en").is_dir():
        pytest.skip(f"no trained model found at {folder}; set OTOSCOPE_MODELS to the folder that holds it")
    return folder


@pytest.fixture
def otoscope_command(monkeypatch, capsys):
    """Return a function that runs `otoscope ARGUMENTS` and returns exit status, standard output, standard error."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["otoscope", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        printed = capsys.readouterr()
        return stopped.value.code, printed.out, printed.err

    return run
