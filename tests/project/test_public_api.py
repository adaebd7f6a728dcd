"""Each public name explains itself: arguments, result, errors, and an example that the doctests run."""

import inspect
import re

import pytest

import otoscope

FUNCTIONS = [name for name in otoscope.__all__ if inspect.isfunction(getattr(otoscope, name))]
CLASSES = [name for name in otoscope.__all__ if inspect.isclass(getattr(otoscope, name))]

RAISES_NOTHING = {"register", "rollout", "similarity", "supported_families"}
"""They check no input of a user."""


def docstring(name: str) -> str:
    return inspect.getdoc(getattr(otoscope, name)) or ""


def section(name: str, title: str) -> str:
    """Return the indented lines below `title:` in the docstring of a public name."""
    match = re.search(rf"^{title}:\n((?:[ \t]+.*\n?|\n)+)", docstring(name), re.MULTILINE)
    return match[1] if match else ""


def described(name: str, title: str) -> set[str]:
    """Return the names that a section describes: `a: ...` or `a, b: ...` at its first level of indentation."""
    lines = re.findall(r"^    (\w[\w, *]*?)(?: \([^)]*\))?:", section(name, title), re.MULTILINE)
    return {item.strip(" *") for line in lines for item in line.split(",")}


@pytest.mark.parametrize("name", FUNCTIONS + CLASSES)
def test_a_public_name_has_a_summary_and_an_example(name):
    summary = docstring(name).partition("\n")[0]
    assert summary.endswith("."), summary
    assert ">>>" in docstring(name)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_summary_of_a_public_function_starts_with_a_verb(name):
    assert docstring(name).split()[0] not in ("The", "A", "An", "What", "Returns"), docstring(name).partition("\n")[0]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_describes_every_argument(name):
    assert set(inspect.signature(getattr(otoscope, name)).parameters) == described(name, "Args")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_describes_what_it_returns(name):
    if inspect.signature(getattr(otoscope, name)).return_annotation not in (None, "None"):
        assert section(name, "Returns") or section(name, "Yields")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_describes_what_it_raises(name):
    if name not in RAISES_NOTHING:
        assert "InputError" in section(name, "Raises")


@pytest.mark.parametrize("name", CLASSES)
def test_a_public_class_describes_what_it_holds(name):
    if not issubclass(getattr(otoscope, name), Exception):
        assert section(name, "Attributes") or section(name, "Args")
