"""What is built carries what it needs and nothing that lay about."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from otoscope.bundled import speech

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-d", folder], cwd=ROOT, check=True, capture_output=True
    )
    return folder


def package_files() -> set[str]:
    source = ROOT / "src"
    files = (path for path in (source / "otoscope").rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(source).as_posix() for path in files}


def test_the_wheel_holds_the_whole_package_with_its_data(dist):
    (wheel,) = dist.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == package_files()
    assert {"otoscope/py.typed", "otoscope/bundled/speech/README.md"} <= names
    assert sum(name.endswith(".flac") for name in names) == len(list(speech().glob("*/*.flac")))


def test_the_wheel_holds_the_licence(dist):
    (wheel,) = dist.glob("*.whl")
    (licence,) = (name for name in zipfile.ZipFile(wheel).namelist() if name.endswith("/LICENSE"))
    assert zipfile.ZipFile(wheel).read(licence) == (ROOT / "LICENSE").read_bytes()


def test_the_source_archive_holds_source_only(dist):
    (archive,) = dist.glob("*.tar.gz")
    with tarfile.open(archive) as members:
        names = {name.split("/", 1)[1] for name in members.getnames()}
    assert {name.split("/")[0] for name in names} <= {
        *("src", "web", "tests", "scripts", "benchmarks", "docs"),
        *("Makefile", "constraints.txt", "pyproject.toml", "PKG-INFO", "LICENSE", ".gitignore"),
        *(
            "README.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "SECURITY.md",
            "CODE_OF_CONDUCT.md",
            "CITATION.cff",
            "mkdocs.yml",
        ),
    }
    assert {"Makefile", "constraints.txt", "README.md"} <= names
    assert not any("node_modules" in name for name in names)
