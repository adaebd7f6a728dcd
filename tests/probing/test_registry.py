"""A probe is one file with one constant: a new one is in the help, in a run and in a figure."""

from pathlib import Path

import pytest
from tests.helpers.plugins import documented_example, install_plugin, run_command

from otoscope import open_run
from otoscope.probing import PROBES

pytestmark = pytest.mark.slow

NAME = "hidden-angle"


def test_each_probe_has_the_name_of_its_file() -> None:
    assert [probe.name for probe in PROBES.select().values()] == list(PROBES.names())


def test_the_commands_list_run_and_draw_a_plugin(tmp_path: Path) -> None:
    install_plugin(tmp_path, "probes", NAME, documented_example("probe.md"))
    assert NAME in run_command(tmp_path, "probe", "--help")
    assert NAME in run_command(tmp_path, "prune", "--help")
    run, few = tmp_path / "run", ("--limit", "2", "--device", "cpu")
    steps = ("--by", "weight", "--probes", NAME, "--step", "0.5", "--spans", "")
    run_command(tmp_path, "prune", "bundled", "bundled", *few, *steps, "--out", str(run))
    assert open_run(run).dataset["probe"].values.tolist() == [NAME]
    run_command(tmp_path, "figures", str(run), "--out", str(tmp_path / "figures"), "--format", "svg")
    assert NAME in (tmp_path / "figures" / "prune-curves.svg").read_text()
