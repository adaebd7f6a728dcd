"""Data flows one way: the arrows of DESIGN.md hold in every import, and a laptop opens results without torch."""

import ast
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import otoscope

PACKAGE = Path(otoscope.__file__).parent

ARROWS = {
    "errors": set(),
    "atomic": {"errors"},
    "embedded": set(),
    "corpus": {"errors"},
    "phones": {"errors"},
    "statistics": {"errors"},
    "results": {"atomic", "errors"},
    "views": {"errors", "results"},
    "figures": {"atomic", "errors", "results", "views"},
    "models": {"atomic", "errors", "embedded", "corpus", "statistics"},
    "pretraining": {"atomic", "errors", "corpus", "models"},
    "relations": {"errors", "phones", "results"},
    "engine": {
        *("atomic", "errors", "embedded", "corpus", "phones", "statistics", "relations"),
        *("results", "figures", "models", "pretraining"),
    },
    "segmentation": {"errors", "corpus", "phones", "models", "results", "engine"},
    "probing": {"atomic", "errors", "corpus", "phones", "models", "results", "engine"},
    "importance": {"atomic", "errors", "statistics", "models", "pretraining", "results", "engine", "probing"},
    "refinement": {"atomic", "errors", "embedded", "corpus", "models", "results", "engine", "importance"},
    "reproduction": {
        *("atomic", "errors", "corpus", "models", "pretraining", "relations", "results", "engine", "figures"),
        *("segmentation", "importance", "refinement"),
    },
    "viewer": {"atomic", "errors", "results", "phones", "importance"},
}
ABOVE_ALL = {"__init__", "__main__", "autoclasses", "cli"}  # they call the rooms, and no room calls them


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def module(path: Path) -> str:
    """Dotted name of the package that relative imports in this file start from."""
    return ".".join(["otoscope", *path.relative_to(PACKAGE).parent.parts])


def imported(node: ast.AST, package: str) -> Iterator[str]:
    """Absolute dotted names that one import statement may load: `from a import b` may load `a.b`."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
        origin = ".".join([*base, *filter(None, [node.module])])
        yield from (f"{origin}.{alias.name}" for alias in node.names)


def rooms_entered(source: str, package: str) -> set[str]:
    """Rooms of otoscope that a file imports, also within functions and for type checking."""
    names = [name.split(".") for node in ast.walk(ast.parse(source)) for name in imported(node, package)]
    return {name[1] if len(name) > 1 else "__init__" for name in names if name[0] == "otoscope"}


@pytest.mark.parametrize(
    ("source", "rooms"),
    [
        ("import otoscope", {"__init__"}),
        ("import otoscope.results.schema", {"results"}),
        ("from otoscope import errors", {"errors"}),
        ("from otoscope.models.load import Encoder", {"models"}),
        ("from ..errors import BadInput", {"errors"}),
        ("from .. import results", {"results"}),
        ("from .atlas import atlas", {"figures"}),
        ("def draw():\n    from otoscope.cli import main", {"cli"}),
        ("import torch\nfrom numpy import results", set()),
    ],
)
def test_every_way_to_import_is_seen(source, rooms):
    assert rooms_entered(source, "otoscope.figures") == rooms


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_follow_the_arrows(path):
    if room(path) in ABOVE_ALL:
        return
    assert room(path) in ARROWS, f"{room(path)} is a new room: give it its arrows in DESIGN.md and here"
    entered = rooms_entered(path.read_text(encoding="utf-8"), module(path)) - {room(path)}
    assert entered <= ARROWS[room(path)], f"{room(path)} may not import {sorted(entered - ARROWS[room(path)])}"


def test_the_arrows_have_no_circle():
    reached = ARROWS
    for _ in ARROWS:
        reached = {name: rooms.union(*(reached[other] for other in rooms)) for name, rooms in reached.items()}
    assert all(name not in rooms for name, rooms in reached.items())


def loaded_by(*modules: str) -> set[str]:
    """Top-level packages that a fresh interpreter has loaded after it imported the modules."""
    script = "import importlib, json, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
    script += "print(json.dumps([name.split('.')[0] for name in sys.modules]))"
    run = subprocess.run([sys.executable, "-c", script, *modules], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


def test_importing_otoscope_is_light():
    assert not loaded_by("otoscope") & {"torch", "lhotse", "transformers", "matplotlib", "xarray"}


@pytest.mark.parametrize("name", ["errors", "embedded", "results", "figures", "viewer", "relations"])
def test_what_a_laptop_opens_never_loads_torch(name):
    if not any(PACKAGE.glob(f"{name}*")):
        pytest.skip(f"there is no {name} yet")
    found = pkgutil.walk_packages([str(PACKAGE / name)], f"otoscope.{name}.")
    modules = [f"otoscope.{name}", *(info.name for info in found)]
    assert not loaded_by(*modules) & {"torch", "lhotse", "transformers"}
