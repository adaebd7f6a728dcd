"""A probe is one file with one constant: a new one is in the help, in a run and in a figure."""

import os
import subprocess
import sys
from pathlib import Path

from tests.helpers.plugins import documented_example, install_plugin

from otoscope import open_run
from otoscope.probing import PROBES

NAME = "hidden-angle"


def otoscope(folder: Path, *arguments: str) -> str:
    """Run the command line in a process of its own, with the packages of a folder, and return what it prints."""
    environment = os.environ | {"PYTHONPATH": str(folder), "COLUMNS": "200"}
    command = [sys.executable, "-m", "otoscope", *arguments]
    process = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert process.returncode == 0, process.stderr
    return process.stdout


def test_each_probe_has_the_name_of_its_file() -> None:
    assert [probe.name for probe in PROBES.select().values()] == list(PROBES.names())


def test_the_commands_list_run_and_draw_a_plugin(tmp_path: Path) -> None:
    install_plugin(tmp_path, "probes", NAME, documented_example("probe.md"))
    assert NAME in otoscope(tmp_path, "probe", "--help")
    assert NAME in otoscope(tmp_path, "prune", "--help")
    run, few = tmp_path / "run", ("--limit", "2", "--device", "cpu")
    steps = ("--by", "weight", "--probes", NAME, "--step", "0.5", "--spans", "")
    otoscope(tmp_path, "prune", "bundled", "bundled", *few, *steps, "--out", str(run))
    assert open_run(run).dataset["probe"].values.tolist() == [NAME]
    otoscope(tmp_path, "figures", str(run), "--out", str(tmp_path / "figures"), "--format", "svg")
    assert NAME in (tmp_path / "figures" / "prune-curves.svg").read_text()
