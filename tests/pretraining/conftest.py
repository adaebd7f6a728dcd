"""Two minutes of speech, some of it unusable, and a recipe that is done with it in a second."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.helpers.pretraining_recipe import TINY

from otoscope.bundled import speech


@pytest.fixture(scope="session")
def speech_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Synthetic speech by two voices and three files that cannot be used; `$SPEECH` names it."""
    folder = tmp_path_factory.mktemp("speech")
    for voice in ("awb", "slt"):
        (folder / voice).mkdir()
        for flac in (speech() / voice).glob("*.flac"):
            shutil.copy(flac, folder / voice)
    soundfile.write(folder / "slt" / "short.wav", np.full(100, 0.1), 16000)
    soundfile.write(folder / "slt" / "silent.wav", np.zeros(16000), 16000)
    (folder / "slt" / "broken.flac").write_text("no audio at all")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPEECH", str(folder))
        yield folder


@pytest.fixture
def recipe_file(tmp_path: Path, speech_folder: Path) -> Path:
    path = tmp_path / "recipe.toml"
    path.write_text(TINY)
    return path
