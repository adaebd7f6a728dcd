"""A tiny reproduction from folders like those of the paper's corpora, killed within each of its stages."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.helpers import killed_reproduction

import otoscope


@dataclass(frozen=True)
class KilledReproduction:
    """The folder, the exit status of each attempt, and the executed stages in their order."""

    root: Path
    ended: dict[str, int]
    attempted: list[str]

    @property
    def out(self) -> Path:
        return self.root / "out"

    @property
    def dataset(self):
        return otoscope.open_run(self.out / "results").dataset.load()


@pytest.fixture(scope="session")
def killed(tmp_path_factory) -> KilledReproduction:
    root = tmp_path_factory.mktemp("reproduction")
    module = killed_reproduction.__name__
    paths = os.pathsep.join(
        [str(Path(killed_reproduction.__file__).parents[2]), str(Path(otoscope.__file__).parents[1])]
    )
    environment = os.environ | {"OTOSCOPE_CACHE": str(root / "cache"), "OMP_NUM_THREADS": "1", "PYTHONPATH": paths}
    run = subprocess.run(
        [sys.executable, "-m", module, str(root)], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    ended = dict(line.split("\t") for line in run.stdout.splitlines())
    assert ended["the end"] == "0", run.stderr
    return KilledReproduction(
        root, {name: int(status) for name, status in ended.items()}, (root / "attempted-out").read_text().split()
    )
