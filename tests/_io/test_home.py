"""Without a home folder, or with one that cannot be written, libraries still find a place for their caches."""

import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from otoscope._io import home
from otoscope._io.home import CACHES_OF_LIBRARIES, cache_folder, provide_home

NO_ENTRY = "import pwd\ndef getpwuid(user): raise KeyError(user)\npwd.getpwuid = getpwuid\n"


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """Set and remove nothing for good: the variables of this process are restored, the temporary folder is here."""
    for name in ("HOME", "OTOSCOPE_CACHE", "XDG_CACHE_HOME", *CACHES_OF_LIBRARIES):
        monkeypatch.setenv(name, str(tmp_path))
        if name != "HOME":
            monkeypatch.delenv(name)
    monkeypatch.setattr(home, "_temporary_folder", lambda: str(tmp_path / "temporary"))


def test_a_process_without_home_imports_lhotse_and_removes_its_temporary_home(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(NO_ENTRY, encoding="utf-8")
    variables = {name: value for name, value in os.environ.items() if name != "HOME"}
    script = "import otoscope, pathlib; otoscope.read_corpus; print(pathlib.Path.home(), pathlib.Path.home().is_dir())"
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={**variables, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    folder, is_folder = ended.stdout.split()
    assert is_folder == "True"
    assert not Path(folder).exists()


def test_a_home_that_can_be_written_changes_nothing(tmp_path):
    before = dict(os.environ)
    provide_home()
    assert dict(os.environ) == before


def test_with_a_home_that_cannot_be_written_only_caches_move(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setenv("MPLCONFIGDIR", "mine")
    provide_home()
    assert os.environ["HOME"] == str(tmp_path)
    assert os.environ["MPLCONFIGDIR"] == "mine"
    assert os.environ["TRITON_CACHE_DIR"] == str(tmp_path / "temporary" / "triton")


def test_with_a_home_that_cannot_be_written_lhotse_is_imported_without_advice(monkeypatch):
    root, messages = logging.getLogger(), list[str]()
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", lambda record: messages.append(record.getMessage()))
    monkeypatch.setattr(root, "handlers", [handler])
    monkeypatch.setattr(root, "filters", list(root.filters))
    monkeypatch.setattr(os, "access", lambda *_: False)
    provide_home()
    for path, text in (("lhotse/tools/env.py", "advice"), ("lhotse/audio.py", "news")):
        root.handle(logging.makeLogRecord({"pathname": path, "levelno": 30, "msg": text}))
    assert messages == ["news"]


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({}, ".cache/otoscope"),
        ({"XDG_CACHE_HOME": ""}, ".cache/otoscope"),
        ({"XDG_CACHE_HOME": "caches"}, "caches/otoscope"),
        ({"XDG_CACHE_HOME": "caches", "OTOSCOPE_CACHE": "own"}, "own"),
    ],
)
def test_the_cache_is_where_the_variables_say(monkeypatch, tmp_path, variables, folder):
    for name, value in variables.items():
        monkeypatch.setenv(name, str(tmp_path / value) if value else "")
    assert cache_folder() == tmp_path / folder
