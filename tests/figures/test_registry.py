"""A figure is one file with one constant: a new one is listed in the help, drawn from a run, and checked by tests."""

import os
import subprocess
import sys
from pathlib import Path

from tests.helpers.golden_pictures import path_of
from tests.helpers.plugins import FIGURE_EXAMPLE, install_plugin
from tests.helpers.synthetic_run import make_run

from otoscope.figures import FIGURES

NAME = "layer-globalness"
COMMAND = "python -m tests.helpers.golden_pictures"


def otoscope(folder: Path, *arguments: str) -> str:
    """Run the command line in a process of its own, with the packages of a folder, and return what it prints."""
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    command = [sys.executable, "-m", "otoscope", *arguments]
    process = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_a_plugin_from_outside_is_in_the_help_and_is_drawn_from_a_run(tmp_path: Path) -> None:
    install_plugin(tmp_path, "figures", NAME, FIGURE_EXAMPLE)
    make_run(tmp_path / "run", 1, 2, 2)
    assert NAME in otoscope(tmp_path, "figures", "--help").replace("\n", " ")
    printed = otoscope(tmp_path, "figures", str(tmp_path / "run"), "-o", str(tmp_path / "figures"))
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
