"""A statistic is one file with one constant: a new one is found, measured, and listed in the help and in the table."""

import sys
from pathlib import Path

import pytest
from tests.helpers import statistics_invariants
from tests.helpers.plugins import documented_example, install_plugin, run_command

from otoscope import open_run
from otoscope.errors import InputError
from otoscope.statistics import STATISTICS, available_statistics

pytestmark = pytest.mark.slow

NAME = "self_attention"


def test_the_statistics_of_the_method_are_registered() -> None:
    names = {"globalness", "verticality", "diagonality", "weight", "normalised_diagonality", "offset_profile"}
    assert names <= set(STATISTICS.names())


def test_each_statistic_has_the_name_of_its_file() -> None:
    assert [statistic.name for statistic in STATISTICS.select().values()] == list(STATISTICS.names())


def test_statistics_of_phones_are_available_for_a_corpus_with_phones_only() -> None:
    by_phone = {"relation", "own_run", "own_run_share", "own_run_by_offset", "sink_silence_share"}
    unlabelled = set(available_statistics())
    assert set(available_statistics(phones=["sil", "aa"])) - unlabelled == by_phone
    assert set(available_statistics(phones=["s", "aa"])) - unlabelled == by_phone - {"sink_silence_share"}
    with pytest.raises(InputError, match="sink_silence_share requires the phones sil; found s, aa"):
        STATISTICS.get("sink_silence_share").for_phones(["s", "aa"])


def test_statistics_of_some_models_are_available_for_those_only() -> None:
    every_model = set(available_statistics())
    assert set(available_statistics(model_reductions={"value_norm"})) - every_model == {
        "attention_norm",
        "norm_verticality",
    }
    assert set(available_statistics(model_reductions={"attention_outside"})) - every_model == {"attention_outside"}


def test_a_plugin_keeps_the_invariants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_plugin(tmp_path, "statistics", NAME, documented_example("statistic.md"))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, f"otoscope_{NAME}", raising=False)
    statistics_invariants.check_invariants(STATISTICS.get(NAME))


def test_a_wrong_formula_breaks_the_invariants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right, wrong = "reductions.length - 1]", "min(reductions.length, 2 * reductions.length - 2)]"
    assert right in documented_example("statistic.md")
    install_plugin(tmp_path, "statistics", NAME, documented_example("statistic.md").replace(right, wrong))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, f"otoscope_{NAME}", raising=False)
    with pytest.raises(AssertionError, match="differs from its reference"):
        statistics_invariants.check_exact(STATISTICS.get(NAME))


def test_the_command_line_lists_and_measures_a_plugin(tmp_path: Path) -> None:
    install_plugin(tmp_path, "statistics", NAME, documented_example("statistic.md"))
    assert NAME in run_command(tmp_path, "heads", "--help")
    folder = tmp_path / "run"
    run_command(tmp_path, "analyze", "bundled", "bundled", "--limit", "2", "--device", "cpu", "--out", str(folder))
    assert NAME in run_command(tmp_path, "heads", str(folder), "--sort", NAME, "--format", "csv").splitlines()[0]
    assert "on the frame itself" in run_command(tmp_path, "heads", str(folder), "--columns")
    assert open_run(folder).dataset[NAME].dims == ("layer", "head")
