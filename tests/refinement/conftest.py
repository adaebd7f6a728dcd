"""A folder with a tiny model for each family."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from tests.helpers.tiny_models import build

from otoscope.models.encoder import Encoder
from otoscope.models.load import load


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Folder of a family's model, made when it is first asked for."""
    return cache(lambda family: build(family, tmp_path_factory.mktemp(family)))


@pytest.fixture(scope="session")
def intact(original: Callable[[str], Path]) -> Callable[[str], Encoder]:
    """Encoder of a family's model, loaded when it is first asked for; no test changes its weights."""
    return cache(lambda family: load(original(family), device="cpu"))
