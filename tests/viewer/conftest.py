"""A run of drawn maps, and one of a tiny model on bundled speech with the model beside it."""

import shutil
from pathlib import Path

import pytest
from tests.helpers.speech_samples import tiny_model
from tests.helpers.synthetic_run import make_run

from otoscope import analyze, bundled
from otoscope.results import Run
from otoscope.viewer.api import Answers
from otoscope.viewer.session import open_answers

__all__ = ["tiny_model"]


@pytest.fixture(scope="session")
def drawn_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run(tmp_path_factory.mktemp("viewer") / "drawn", layers=2, heads=3, frames=60)


@pytest.fixture(scope="session")
def drawn(drawn_run: Run) -> Answers:
    return open_answers([drawn_run])


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four utterances by two voices, audio beside TextGrids."""
    folder = tmp_path_factory.mktemp("speech")
    for voice in ("awb", "rms"):
        (folder / voice).mkdir()
        for audio in sorted((bundled.speech() / voice).glob("own-[12].flac")):
            shutil.copy(audio, folder / voice)
            shutil.copy(audio.with_suffix(".TextGrid"), folder / voice)
    return folder


@pytest.fixture(scope="session")
def measured_run(tiny_model: Path, speech: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Measured by a model of 2 layers x 3 heads."""
    return analyze(tiny_model, speech, tmp_path_factory.mktemp("viewer") / "measured")


@pytest.fixture(scope="session")
def live(measured_run: Run, tiny_model: Path) -> Answers:
    """The measured run with its model."""
    return open_answers([measured_run], str(tiny_model))
