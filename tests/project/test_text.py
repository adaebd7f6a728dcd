"""No file of the repository names a folder of one machine or the package source of one machine."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

MACHINE_PATH = re.compile(r"(?<![\w.~}>)-])/(?:work|home|root|Users|mnt|opt|scratch)/\w")
TEMPORARY_PATH = re.compile(r"(?<![\w.])/(?:var/)?tmp\b")
PACKAGE_SOURCE = re.compile(
    r"pypi\.org|pythonhosted\.org|download\.pytorch\.org|registry\.npmjs|https?://\S+/simple\b|--(?:extra-)?index-url",
    re.IGNORECASE,
)


def tracked() -> list[Path]:
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def text(path: Path) -> str:
    """The text of a file, empty for a binary one."""
    data = path.read_bytes()
    return "" if b"\0" in data else data.decode()


def lines_with(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files
        for number, line in enumerate(text(path).splitlines(), 1)
        if pattern.search(line)
    ]


@pytest.fixture(scope="module")
def files() -> list[Path]:
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("not a git checkout, so nothing is tracked")
    return tracked()


@pytest.mark.parametrize(
    ("pattern", "line"),
    [
        (MACHINE_PATH, "data lie in " + "/home" + "/ada/speech"),
        (MACHINE_PATH, "'" + "/work" + "/main'"),
        (TEMPORARY_PATH, "cp run " + "/tmp"),
        (PACKAGE_SOURCE, "pip install --index" + "-url=mirror"),
        (PACKAGE_SOURCE, "https://" + "pypi" + ".org/simple"),
    ],
)
def test_the_patterns_find_what_they_are_for(pattern, line):
    assert pattern.search(line)
    assert not pattern.search("see ../shared/work/home and src/tmp/opt, or pip install -e .")


def test_no_machine_path_is_named(files):
    assert lines_with(MACHINE_PATH, files) == []


def test_no_temporary_folder_is_named_outside_tests(files):
    assert lines_with(TEMPORARY_PATH, [path for path in files if ROOT / "tests" not in path.parents]) == []


def test_no_package_source_is_named(files):
    assert lines_with(PACKAGE_SOURCE, files) == []
