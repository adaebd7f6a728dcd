"""Each public name explains itself, with an example that the doctests run."""

import inspect

import pytest

import otoscope


@pytest.mark.parametrize("name", getattr(otoscope, "__all__", ()))
def test_every_public_name_has_an_example(name):
    thing = getattr(otoscope, name)
    if inspect.isfunction(thing) or inspect.isclass(thing):
        assert ">>>" in (inspect.getdoc(thing) or ""), f"otoscope.{name} has no example in its docstring"
