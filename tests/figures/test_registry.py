"""A figure is one file with one constant: a new one is listed in the help, drawn from a run, and checked by tests."""

from pathlib import Path

import pytest
from tests.helpers.golden_pictures import path_of
from tests.helpers.plugins import documented_example, install_plugin, run_command
from tests.helpers.synthetic_run import make_run

from otoscope.figures import FIGURES

pytestmark = pytest.mark.slow

NAME = "layer-globalness"
COMMAND = "python -m tests.helpers.golden_pictures"


def test_a_plugin_from_outside_is_in_the_help_and_is_drawn_from_a_run(tmp_path: Path) -> None:
    install_plugin(tmp_path, "figures", NAME, documented_example("figure.md"))
    make_run(tmp_path / "run", 1, 2, 2)
    assert NAME in run_command(tmp_path, "figures", "--help").replace("\n", " ")
    printed = run_command(tmp_path, "figures", str(tmp_path / "run"), "-o", str(tmp_path / "figures"))
    assert f"{NAME}.png" in printed
    assert (tmp_path / "figures" / f"{NAME}.png").is_file()


def test_the_figures_of_a_paper_are_plugins() -> None:
    assert "reproduction-heads" in FIGURES.names()
    assert FIGURES.get("reproduction-heads").kind == "reproduction"


def test_every_figure_has_a_golden_picture() -> None:
    missing = [name for name in FIGURES if not path_of(name, "light").is_file()]
    assert missing == [], f"make them: {COMMAND} {' '.join(missing)}; then look at them"


def test_each_figure_has_the_name_of_its_file() -> None:
    assert [spec.name for spec in FIGURES.select().values()] == list(FIGURES.names())
