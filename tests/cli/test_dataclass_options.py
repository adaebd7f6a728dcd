"""Options of a command come from the fields of a dataclass."""

from dataclasses import dataclass

import pytest
import typer
from typer.testing import CliRunner

from otoscope.cli.dataclass_options import options_command, read_options
from otoscope.errors import InputError
from otoscope.runs.options import SpeechOptions, option


@dataclass(frozen=True, kw_only=True)
class SearchOptions:
    spans: tuple[int, ...] = option((3, 1), "Radii in frames.")
    max_steps: int = option(7, "Steps.")


@pytest.fixture
def search():
    app, received = typer.Typer(), []

    def command(context: typer.Context, model: str) -> None:
        received.extend([model, read_options(context, SearchOptions), read_options(context, SpeechOptions)])

    app.command(cls=options_command(SearchOptions, SpeechOptions))(command)

    def run(*arguments):
        received.clear()
        result = CliRunner().invoke(app, ["a-model", *arguments])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return received or result.output

    return run


def test_without_options_a_command_receives_the_defaults(search):
    assert search() == ["a-model", SearchOptions(), SpeechOptions()]


def test_options_reach_the_dataclasses(search):
    received = search("--spans", "5,2", "--max-steps", "9", "--limit", "2", "--resume")
    assert received[1:] == [SearchOptions(spans=(5, 2), max_steps=9), SpeechOptions(limit=2, resume=True)]


def test_help_shows_the_text_and_the_default_of_each_field(search):
    assert "Radii in frames." in (text := search("--help"))
    assert "3,1" in text


def test_a_list_of_another_type_is_an_error(search):
    with pytest.raises(InputError, match="--spans"):
        search("--spans", "wide")
