"""The packaged page is built from its source, and the tests of the page pass."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from otoscope.viewer.page import ASSETS, asset

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
CLASS_ATTRIBUTE = re.compile(r"\bclass=(?:\"([^\"]*)\"|\{`([^`]*)`\})")
EXPRESSION = re.compile(r"\$\{[^}]*\}")
CLASS_SELECTOR = re.compile(r"\.([a-z][\w-]*)(?=[^{}]*\{)")
D3_BRUSH_CLASSES = {"overlay", "selection"}


@pytest.fixture(scope="module")
def npx() -> str:
    path = shutil.which("npx")
    if not path or not (WEB / "node_modules").is_dir():
        pytest.skip("the page's tools are not installed; npm ci in web/ installs them (Node 20)")
    return path


def test_the_package_holds_the_page():
    for name in ASSETS:
        assert len(asset(name)) > 1000
    assert b"import " not in asset("viewer.js")[:100]  # one file, nothing to load


def test_building_the_page_again_gives_the_files_of_the_package(npx, tmp_path):
    """After a change in web/, run `npm run build --prefix web` and commit the assets."""
    environment = os.environ | {"OTOSCOPE_ASSETS": str(tmp_path)}
    subprocess.run([npx, "vite", "build"], cwd=WEB, env=environment, check=True, capture_output=True)
    for name in ASSETS:
        assert (tmp_path / name).read_bytes() == asset(name)


def test_the_page_s_types_and_own_tests_pass(npx):
    subprocess.run([npx, "tsc"], cwd=WEB, check=True, capture_output=True)
    subprocess.run([npx, "vitest", "run"], cwd=WEB, check=True, capture_output=True)


def test_the_styles_of_the_page_name_only_classes_with_its_prefix():
    """In a notebook, the page shares one document with other styles."""
    names = set(CLASS_SELECTOR.findall(asset("viewer.css").decode())) - D3_BRUSH_CLASSES
    assert "oto-page" in names
    assert {name for name in names if not name.startswith("oto-")} == set()


def test_the_components_of_the_page_use_only_classes_with_its_prefix():
    sources = [EXPRESSION.sub("", path.read_text()) for path in (WEB / "src").rglob("*.tsx")]
    names = {name for source in sources for match in CLASS_ATTRIBUTE.findall(source) for name in "".join(match).split()}
    assert "oto-page" in names
    assert {name for name in names if not name.startswith("oto-")} == set()


def test_the_lock_file_names_no_registry():
    assert "resolved" not in (WEB / "package-lock.json").read_text(encoding="utf-8")
