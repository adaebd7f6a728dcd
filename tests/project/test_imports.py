"""Imports go to lower layers only, and the packages that open results never import torch."""

import ast
import json
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers.forked_scripts import run_forked

import otoscope

PACKAGE = Path(otoscope.__file__).parent

LAYERS = """
    errors typing registry
    _io bundled
    phones corpus
    attention
    statistics models maps decoders
    results
    runs
    relations analysis training_dynamics pretraining segmentation probing importance pruning
    representations patching attention_sinks attribution refinement adaptation comparison alignment head_weights
    figures viewer
    papers cli
"""
"""A package imports from rows above its own, and in its own row from packages to its left."""
ORDER = [name for row in LAYERS.strip().splitlines() for name in row.split()]
OUTSIDE_ALL = {"__init__", "__main__", "hf_registration"}  # they name modules of every layer


def package_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def parent(path: Path) -> str:
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


def imported_packages(source: str, package: str) -> set[str]:
    """Packages of otoscope that a file imports, also within functions and for type checking."""
    names = [name.split(".") for node in ast.walk(ast.parse(source)) for name in imported(node, package)]
    return {name[1] if len(name) > 1 else "__init__" for name in names if name[0] == "otoscope"}


@pytest.mark.parametrize(
    ("source", "packages"),
    [
        ("import otoscope", {"__init__"}),
        ("import otoscope.results.schema", {"results"}),
        ("from otoscope import errors", {"errors"}),
        ("from otoscope.models.load import Encoder", {"models"}),
        ("from ..errors import InputError", {"errors"}),
        ("from .. import results", {"results"}),
        ("from .atlas import atlas", {"figures"}),
        ("def draw():\n    from otoscope.cli import main", {"cli"}),
        ("import torch\nfrom numpy import results", set()),
    ],
)
def test_every_form_of_import_is_recognised(source, packages):
    assert imported_packages(source, "otoscope.figures") == packages


def upward_imports(path: Path) -> list[str]:
    """Packages of its own row or above that a file may not import."""
    name = package_of(path)
    packages = imported_packages(path.read_text(encoding="utf-8"), parent(path)) - {name}
    public_api = {"__init__"} if name == "cli" else set()
    return sorted(packages - public_api - set(ORDER[: ORDER.index(name)]))


def test_every_package_has_a_layer():
    """Give a new one a layer in docs/architecture.md and here."""
    assert {package_of(path) for path in PACKAGE.rglob("*.py")} - OUTSIDE_ALL == set(ORDER)


@pytest.mark.parametrize("package", ORDER)
def test_a_package_imports_from_lower_layers_only(package):
    files = [path for path in PACKAGE.rglob("*.py") if package_of(path) == package]
    upward = {str(path.relative_to(PACKAGE)): upward_imports(path) for path in files}
    assert files
    assert {path: packages for path, packages in upward.items() if packages} == {}


WITH_A_MODEL = {
    f"otoscope.viewer.{name}" for name in ("ablation", "live_model", "live_probes", "replacements", "run_corpus")
}


SEGMENTATION = [
    "otoscope.segmentation",
    *(
        f"otoscope.segmentation.{name}"
        for name in (
            *("baselines", "boundaries", "comparison", "ensemble", "kernel_gram", "kernel_gram_detector"),
            *("reference", "spectral", "table", "tuning"),
        )
    ),
]
"""The algorithm of segmentation; only the command and its parts that run models import torch."""


def loaded_by(*modules: str) -> set[str]:
    """Top-level packages that a fresh interpreter has loaded after it imported the modules."""
    script = "import importlib, json, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
    script += "print(json.dumps([name.split('.')[0] for name in sys.modules]))"
    run = subprocess.run([sys.executable, "-c", script, *modules], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout))


@pytest.mark.parametrize("module", ["otoscope", "otoscope.corpus", "otoscope.runs.options", "otoscope.cli"])
def test_what_help_texts_import_is_light(module):
    heavy = {"torch", "lhotse", "transformers", "matplotlib", "xarray", "pandas", "scipy"}
    assert not loaded_by(module) & heavy


LOADED_AFTER = """
import importlib, json, sys
for name in {modules}:
    importlib.import_module(name)
print(json.dumps([name.split(".")[0] for name in sys.modules]))
"""


def test_modules_without_a_model_never_import_torch():
    """Each package, and each module of the algorithm of segmentation, in a process of its own."""
    names = ["errors", "registry", "bundled", "phones", "results", "figures", "viewer", "relations"]
    groups = [[f"otoscope.{name}", *modules_of(name)] for name in names] + [[module] for module in SEGMENTATION]
    scripts = [LOADED_AFTER.format(modules=sorted(set(group) - WITH_A_MODEL)) for group in groups]
    loaded = [set(json.loads(text)) for text in run_forked(scripts, ["matplotlib.figure", "scipy.signal", "xarray"])]
    heavy = [packages & {"torch", "lhotse", "transformers"} for packages in loaded]
    assert {group[0]: packages for group, packages in zip(groups, heavy, strict=True) if packages} == {}


def modules_of(package: str) -> list[str]:
    """Dotted names of the modules of a package."""
    return [info.name for info in pkgutil.walk_packages([str(PACKAGE / package)], f"otoscope.{package}.")]
