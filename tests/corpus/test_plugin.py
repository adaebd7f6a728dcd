"""A corpus format from outside the package: in the registry, in the help of the command line, and in a run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.helpers.plugins import CORPUS_FORMAT_EXAMPLE, install_plugin

from otoscope.bundled import speech
from otoscope.results import open_run

AUDIO = sorted(speech().glob("*/*.flac"))[:2]


@pytest.fixture
def run_python(tmp_path: Path):
    """Run `python` in a fresh process in which the example of the documentation is installed."""
    install_plugin(tmp_path, "corpus_formats", "table", CORPUS_FORMAT_EXAMPLE)
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "COLUMNS": "200"}

    def run(*arguments: str) -> str:
        command = [sys.executable, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout

    return run


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for audio in AUDIO:
        (folder / audio.name).symlink_to(audio)
    lines = (f"{audio.name}\t{audio.parent.name}\tsome words" for audio in AUDIO)
    (folder / "utterances.tsv").write_text("\n".join(lines))
    return folder


def test_help_lists_a_format_from_outside(run_python):
    assert "audio, kaldi, lhotse, table, textgrid, timit" in run_python("-m", "otoscope", "analyze", "--help")


def test_a_corpus_of_a_format_from_outside_is_detected_and_measured(run_python, corpus, tmp_path):
    run_python("-m", "otoscope", "analyze", "bundled", str(corpus), "-o", str(tmp_path / "run"))
    utterances = open_run(tmp_path / "run").utterances
    assert utterances.speaker.to_dict() == {audio.name: audio.parent.name for audio in AUDIO}
