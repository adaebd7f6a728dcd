"""`otoscope heads`: its help names every statistic, its columns say what they mean, similar heads are listed."""

import sys

import pytest
from tests.helpers.synthetic_run import make_run

from otoscope.cli import main
from otoscope.results.similar_heads import similar_heads_table
from otoscope.statistics import STATISTICS


@pytest.fixture
def printed(monkeypatch, capsys):
    """What `otoscope ARGUMENTS` prints."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["otoscope", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert stopped.value.code == 0
        return capsys.readouterr().out

    return run


def test_help_names_every_statistic(printed) -> None:
    words = "".join(
        character if character.isalnum() or character == "_" else " " for character in printed("heads", "--help")
    )
    assert set(STATISTICS.names()) <= set(words.split())


def test_every_column_is_explained(printed, tmp_path) -> None:
    run = make_run(tmp_path / "run")
    lines = printed("heads", run.path, "--columns").splitlines()
    assert lines == [f"{name}: {meaning}" for name, meaning in run.columns.items()]


def test_similar_heads_are_listed_in_an_order(printed, tmp_path) -> None:
    run = make_run(tmp_path / "run")
    shown = printed("heads", run.path, "--similar", "--sort", "similarity", "--format", "csv")
    assert shown == similar_heads_table(run, "similarity", "csv")
