"""Options that commands share: the command line shows each with its default, and a misspelt one is an error."""

from dataclasses import fields

import pytest
from typer.main import get_command

import otoscope
from otoscope.cli import app
from otoscope.errors import InputError
from otoscope.runs.options import SpeechOptions

COMMANDS = ("analyze", "segment", "rank", "probe", "prune")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_line_has_every_option_with_its_default_and_help(name):
    options = {parameter.name: parameter for parameter in get_command(app).commands[name].params}
    for item in fields(SpeechOptions):
        option = options[item.name]
        assert (option.opts, option.secondary_opts) == ([f"--{item.name}"], [])
        default = ",".join(item.default) if isinstance(item.default, tuple) else item.default
        assert (option.default, option.help) == (default, item.metadata["help"])


def test_a_misspelt_option_is_an_error():
    with pytest.raises(TypeError, match="'limt'"):
        SpeechOptions(limt=2)


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_below_one_utterance_is_an_error(limit):
    with pytest.raises(InputError, match=rf"at least 1 utterance, found {limit}.*--limit"):
        otoscope.SpeechOptions(limit=limit)


def test_the_help_of_limit_states_that_it_takes_the_first():
    assert "first N" in SpeechOptions.__dataclass_fields__["limit"].metadata["help"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"sample": 0}, "--sample"),
        ({"balanced": "speaker"}, "--sample"),
        ({"sample": 2, "balanced": "age"}, "--balanced speaker"),
        ({"sample": 2, "limit": 2}, "--sample or --limit"),
    ],
)
def test_a_sample_that_contradicts_itself_is_an_error(options, expected):
    with pytest.raises(InputError, match=expected):
        otoscope.CorpusOptions(**options)


@pytest.mark.parametrize("other", [{"workers": 2}, {"stall": 3.0}])
def test_what_ray_does_itself_is_refused_with_it(other):
    with pytest.raises(InputError, match=r"found .*--ray|--ray, found both"):
        otoscope.ExecutionOptions(ray="local", **other)
