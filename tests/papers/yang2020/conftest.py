"""One tiny reproduction from folders such as the paper's corpora have, killed within each of its stages."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.helpers import killed_reproduction

import otoscope


@dataclass(frozen=True)
class Killed:
    """Its folder, how each attempt ended, and the stages that were attempted, in their order."""

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
def killed(tmp_path_factory) -> Killed:
    root = tmp_path_factory.mktemp("reproduction")
    script = Path(killed_reproduction.__file__)
    paths = os.pathsep.join([str(script.parent), str(Path(otoscope.__file__).parents[1])])
    environment = os.environ | {"OTOSCOPE_CACHE": str(root / "cache"), "OMP_NUM_THREADS": "1", "PYTHONPATH": paths}
    run = subprocess.run(
        [sys.executable, str(script), str(root)], env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    ended = dict(line.split("\t") for line in run.stdout.splitlines())
    assert ended["the end"] == "0", run.stderr
    return Killed(root, {name: int(status) for name, status in ended.items()}, (root / "attempted").read_text().split())
