"""The page in the package is the one that its source builds, and the page's own tests pass."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from otoscope.viewer.page import ASSETS, asset

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"


@pytest.fixture(scope="module")
def npx() -> str:
    found = shutil.which("npx")
    if not found or not (WEB / "node_modules").is_dir():
        pytest.skip("the page's tools are not installed; npm ci in web/ installs them (Node 20)")
    return found


def test_the_package_holds_the_page():
    for name in ASSETS:
        assert len(asset(name)) > 1000
    assert b"import " not in asset("viewer.js")[:100]  # one file, nothing to load


def test_building_the_page_again_gives_the_files_of_the_package(npx, tmp_path):
    """After a change in web/: npm run build, and commit what it writes."""
    environment = os.environ | {"OTOSCOPE_ASSETS": str(tmp_path)}
    subprocess.run([npx, "vite", "build"], cwd=WEB, env=environment, check=True, capture_output=True)
    for name in ASSETS:
        assert (tmp_path / name).read_bytes() == asset(name)


def test_the_page_s_types_and_own_tests_pass(npx):
    subprocess.run([npx, "tsc"], cwd=WEB, check=True, capture_output=True)
    subprocess.run([npx, "vitest", "run"], cwd=WEB, check=True, capture_output=True)


def test_the_lock_file_names_no_one_s_registry():
    assert "resolved" not in (WEB / "package-lock.json").read_text(encoding="utf-8")
