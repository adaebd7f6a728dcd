"""The guide to plug-ins lists every kind with its folder and group, and one file is all that a plug-in needs."""

import importlib.util
import re
import sys
from importlib import import_module
from pathlib import Path

import pytest
from tests.helpers.plugins import EXTENDING, install_plugin, run_command

from otoscope.registry import Registry

ROOT = Path(__file__).parents[2]
GUIDE = (EXTENDING / "index.md").read_text(encoding="utf-8")
KIND = re.compile(r"^\| [^|]+ \| `([\w/]+)/NAME\.py` \| `otoscope\.(\w+)` \|", re.MULTILINE)
PLACE = re.compile(r"`((?:src|tests)/[\w/.]+)`")
REGISTRY = re.compile(r"^([A-Z_]+)(?:: \"?Registry\[| = Registry\[)", re.MULTILINE)


def registries() -> dict[str, Registry[object]]:
    """Return every registry of the package by its kind, found in the sources."""
    found = {}
    for path in (ROOT / "src" / "otoscope").rglob("*.py"):
        for constant in REGISTRY.findall(path.read_text(encoding="utf-8")):
            parts = path.relative_to(ROOT / "src").with_suffix("").parts
            registry = getattr(import_module(".".join(parts).removesuffix(".__init__")), constant)
            found[registry.kind] = registry
    return found


REGISTRIES = registries()
DOCUMENTED = {group: folder for folder, group in KIND.findall(GUIDE)}


def test_the_guide_names_the_folder_of_every_kind() -> None:
    documented = {kind: f"otoscope.{folder.replace('/', '.')}" for kind, folder in DOCUMENTED.items()}
    assert documented == {kind: registry.package for kind, registry in REGISTRIES.items()}


def test_the_site_has_a_table_of_every_kind() -> None:
    spec = importlib.util.spec_from_file_location("plugin_tables", ROOT / "docs" / "hooks" / "plugin_tables.py")
    assert spec is not None
    assert spec.loader is not None
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    assert set(hook.REGISTRIES) == set(DOCUMENTED)


@pytest.mark.parametrize("kind", REGISTRIES)
def test_a_module_of_another_package_is_all_that_a_plugin_needs(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = REGISTRIES[kind]
    install_plugin(tmp_path, kind, "example", f'"""An example."""\n{registry.attribute} = "read"\n')
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "otoscope_example", raising=False)
    assert "example" in registry.names()
    assert registry.get("example") == "read"
    assert registry.describe()["example"] == "An example."


def test_the_help_of_refine_lists_installed_methods_and_objectives(tmp_path: Path) -> None:
    """Those of other kinds: see the tests of registries of each package."""
    install_plugin(tmp_path, "reduction_methods", "my-method", "METHOD = None")
    install_plugin(tmp_path, "objectives", "my-objective", "OBJECTIVE = None")
    shown = run_command(tmp_path, "refine", "--help")
    assert "my-method" in shown
    assert "my-objective" in shown


def test_every_place_of_the_table_exists() -> None:
    table = GUIDE.partition("## Places to touch")[2]
    places = PLACE.findall(table)
    assert len(places) > 12
    assert [place for place in places if not (ROOT / place).exists()] == []
