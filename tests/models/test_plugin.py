"""A model family from outside the package is listed, loaded and measured."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers.plugins import documented_example, install_plugin
from typer.testing import CliRunner

import otoscope
from otoscope import bundled
from otoscope.cli import app
from otoscope.models import FAMILIES
from otoscope.models.families import find_family
from otoscope.models.tiny_models import build_tiny_model

pytestmark = pytest.mark.slow

NAME = "voxtral_encoder"


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The example of the documentation, installed."""
    install_plugin(tmp_path, "model_families", NAME, documented_example("model-family.md"))
    monkeypatch.syspath_prepend(tmp_path)
    yield NAME
    sys.modules.pop(f"otoscope_{NAME}", None)


@pytest.fixture
def model_folder(plugin: str, tmp_path: Path) -> Path:
    """A folder with the tiny model of the family, as transformers saves it."""
    for part in build_tiny_model(FAMILIES.get(plugin)):
        part.save_pretrained(tmp_path / "model")
    return tmp_path / "model"


def test_otoscope_models_lists_a_family_from_outside(plugin: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(FAMILIES), "names", lambda self: (plugin,))
    result = CliRunner().invoke(app, ["models"])
    (row,) = [line for line in result.output.splitlines() if line.startswith(plugin)]
    assert row.split() == [
        plugin,
        "registry",
        "20",
        "ms",
        "yes",
        "yes",
        "no",
        "no",
        "yes",
    ]  # no reconstruction, no refine


def test_names_and_search_know_a_family_from_outside(plugin: str) -> None:
    assert plugin in FAMILIES.names()
    assert find_family(plugin) is FAMILIES.get(plugin)


def test_a_model_of_a_family_from_outside_is_loaded_and_measured(model_folder: Path, tmp_path: Path) -> None:
    encoder = otoscope.load(model_folder, device="cpu")
    assert (encoder.family.model_type, encoder.n_heads) == (NAME, (4, 4, 4))
    run = otoscope.analyze(
        encoder, bundled.speech(), tmp_path / "run", options=otoscope.SpeechOptions(device="cpu", limit=2)
    )
    assert len(run.heads["globalness"]) == 3 * 4
