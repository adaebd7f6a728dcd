"""Every family once: a folder with a tiny model, and its encoder in float64."""

from pathlib import Path

import pytest
from tiny_models import BUILDERS, build

from otoscope.models.encoder import Encoder
from otoscope.models.load import load


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A model folder by family."""
    return {name: build(name, tmp_path_factory.mktemp(name)) for name in BUILDERS}


@pytest.fixture(scope="session", params=BUILDERS)
def family(request: pytest.FixtureRequest) -> str:
    """Each family in turn."""
    return request.param


@pytest.fixture(scope="session")
def folder(family: str, folders: dict[str, Path]) -> Path:
    """The family's model folder."""
    return folders[family]


@pytest.fixture(scope="session")
def encoder(folder: Path) -> Encoder:
    """The family's encoder in float64."""
    return load(folder, device="cpu", dtype="float64")


@pytest.fixture(scope="session")
def timed(encoder: Encoder) -> Encoder:
    """The same, of families whose frames are in time alone."""
    if encoder.family.grid:
        pytest.skip("patches in bands and times have no span")
    return encoder
