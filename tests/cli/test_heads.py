"""`otoscope heads`: its help names every statistic, its columns say what they mean, similar heads are listed."""

import pytest
from tests.helpers.synthetic_run import make_run

from otoscope.results.similar_heads import similar_heads_table
from otoscope.statistics import STATISTICS


@pytest.fixture
def printed(otoscope_command):
    """Return a function that runs `otoscope ARGUMENTS` and returns what it prints."""

    def run(*arguments):
        status, out, _ = otoscope_command(*arguments)
        assert status == 0
        return out

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


def test_operations_of_some_utterances_are_refused(otoscope_command, tmp_path) -> None:
    run = make_run(tmp_path / "run")
    status, _, error = otoscope_command("heads", run.path, "--where", "frames>0", "--operations")
    assert (status, "--where without --operations" in error) == (2, True)
