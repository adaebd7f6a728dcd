"""A run of synthetic maps, and a run of a tiny model on bundled speech."""

import shutil
from pathlib import Path

import pytest
from tests.helpers.drawn_segmentation import write_segmentation
from tests.helpers.speech_samples import tiny_model
from tests.helpers.synthetic_run import make_run

from otoscope import analyze, bundled
from otoscope.results import Run
from otoscope.viewer.api import ViewerApi
from otoscope.viewer.session import open_session

__all__ = ["tiny_model"]


@pytest.fixture(scope="session")
def drawn_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run(tmp_path_factory.mktemp("viewer") / "drawn", layers=2, heads=3, frames=60)


@pytest.fixture(scope="session")
def drawn(drawn_run: Run) -> ViewerApi:
    return open_session([drawn_run])


@pytest.fixture
def segmented(drawn_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run as otoscope segment writes it, of the model of `drawn_run`."""
    monkeypatch.setitem(drawn_run.plan, "model", {"name": "drawn", "fingerprint": "1"})
    return write_segmentation(tmp_path / "segmented", drawn_run)


@pytest.fixture(scope="session")
def speech(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four utterances by two voices, audio next to TextGrids."""
    folder = tmp_path_factory.mktemp("speech")
    for voice in ("awb", "rms"):
        (folder / voice).mkdir()
        for audio in sorted((bundled.speech() / voice).glob("own-[12].flac")):
            shutil.copy(audio, folder / voice)
            shutil.copy(audio.with_suffix(".TextGrid"), folder / voice)
    return folder


@pytest.fixture(scope="session")
def measured_run(tiny_model: Path, speech: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run of a model of 2 layers x 3 heads."""
    return analyze(tiny_model, speech, tmp_path_factory.mktemp("viewer") / "measured")


@pytest.fixture(scope="session")
def live(measured_run: Run, tiny_model: Path) -> ViewerApi:
    """The API of the run of the tiny model, with the model."""
    return open_session([measured_run], str(tiny_model))
