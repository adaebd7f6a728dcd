"""Every family once: a folder with a tiny model, and its encoder in float64."""

from pathlib import Path

import pytest
from tests.helpers.tiny_models import BUILDERS, build

from otoscope.models.encoder import Encoder
from otoscope.models.load import load


class Folders(dict[str, Path]):
    """A model folder by family, each made when it is first asked for."""

    def __init__(self, made: pytest.TempPathFactory) -> None:
        super().__init__()
        self.made = made

    def __missing__(self, name: str) -> Path:
        self[name] = build(name, self.made.mktemp(name))
        return self[name]


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """A model folder by family."""
    return Folders(tmp_path_factory)


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
    if encoder.family.is_patch_grid:
        pytest.skip("patches in bands and times have no span")
    return encoder
