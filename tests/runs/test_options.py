"""The options that calls share: seen by whoever asks for help, and a misspelt one is never passed over in silence."""

import inspect

import pytest

import otoscope
from otoscope.errors import InputError
from otoscope.runs.cache import kept_run
from otoscope.runs.options import DEFAULTS

CALLS = ("analyze", "segment", "rank", "probe", "prune")


@pytest.mark.parametrize("name", CALLS)
def test_help_lists_every_option_with_its_default(name):
    parameters = inspect.signature(getattr(otoscope, name)).parameters
    assert {option: parameters[option].default for option in DEFAULTS} == DEFAULTS


@pytest.mark.parametrize("name", CALLS)
def test_an_option_that_there_is_not_is_refused_before_anything_runs(name, tmp_path):
    asked = {
        "rank": {"by": ["weight"]},
        "probe": {"probes": ["hidden"]},
        "prune": {"by": ["weight"], "probes": ["hidden"]},
    }
    with pytest.raises(TypeError, match="'limt'"):
        getattr(otoscope, name)("bundled", "bundled", tmp_path / "run", limt=2, **asked.get(name, {}))
    assert not (tmp_path / "run").exists()


def test_a_run_that_fails_before_anything_is_kept_leaves_no_folder(tmp_path):
    def fails(folder):
        raise InputError("nothing can be measured")

    with pytest.raises(InputError):
        kept_run(tmp_path / "run", {"model": "m"}, fails, resume=False)
    assert not (tmp_path / "run").exists()
