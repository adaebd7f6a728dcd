"""A ranking is one file with one constant: a new one is in the help, in runs and in a figure."""

from pathlib import Path

import pytest
from tests.helpers.plugins import documented_example, install_plugin, run_command

from otoscope import open_run
from otoscope.importance import RANKINGS

pytestmark = pytest.mark.slow

NAME = "layer-contrast"
FEW = ("--limit", "2", "--device", "cpu")


def test_each_ranking_has_the_name_of_its_file() -> None:
    assert [ranking.name for ranking in RANKINGS.select().values()] == list(RANKINGS.names())


def test_the_commands_list_run_and_draw_a_plugin(tmp_path: Path) -> None:
    install_plugin(tmp_path, "rankings", NAME, documented_example("ranking.md"))
    assert NAME in run_command(tmp_path, "rank", "--help")
    assert NAME in run_command(tmp_path, "prune", "--help")
    run = tmp_path / "run"
    run_command(tmp_path, "rank", "bundled", "bundled", *FEW, "--by", f"weight,{NAME}", "--out", str(run))
    assert open_run(run).dataset["ranking"].values.tolist() == ["weight", NAME]
    run_command(tmp_path, "figures", str(run), "--out", str(tmp_path / "figures"), "--format", "svg")
    assert NAME in (tmp_path / "figures" / "rank-agreement.svg").read_text()
