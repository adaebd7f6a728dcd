"""The first command after a clone works, or says what is missing."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with what make looks at, and no environment yet."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "constraints.txt").touch()
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run as if by hand: the options of the make that runs the tests do not reach this one."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_a_machine_without_python_is_told_which_is_needed(clone):
    run = make(clone, "demo", "PYTHON=")
    assert run.returncode == 2
    assert "needs Python 3.11 or newer" in run.stderr
    assert not (clone / ".venv").exists()


@pytest.mark.parametrize("target", ["demo", "test", "test-fast", "lint", "bench"])
def test_every_target_makes_the_environment_first(clone, target):
    planned = make(clone, "--dry-run", target).stdout
    assert planned.index("-m venv .venv") < planned.index("pip install") < planned.rindex(".venv/bin/")


def test_the_environment_is_made_again_only_after_a_change(clone):
    (clone / ".venv" / "bin").mkdir(parents=True)
    (clone / ".venv" / "bin" / "python").touch()
    (clone / ".venv" / "installed").touch()
    assert "pip install" not in make(clone, "--dry-run", "venv").stdout
    os.utime(clone / "pyproject.toml", (2**31, 2**31))
    assert "pip install" in make(clone, "--dry-run", "venv").stdout
