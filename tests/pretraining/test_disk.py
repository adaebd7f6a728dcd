"""A full disk during training is a one-line error, and training resumes when there is space."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.helpers.tmpfs import mounted

from otoscope.errors import InputError
from otoscope.models.mockingjay import MockingjayFeatureExtractor
from otoscope.pretraining.corpora import read_corpora
from otoscope.pretraining.pretrain import pretrain


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MiB."""
    with mounted(tmp_path / "small", "8m") as disk:
        yield disk


def fill(disk: Path, left: int) -> Path:
    """A file that takes what is free, but for so many bytes."""
    (disk / "other.bin").write_bytes(bytes(shutil.disk_usage(disk).free - left))
    return disk / "other.bin"


@pytest.mark.parametrize("left", [4_096, 60_000, 130_000], ids=["in the log", "in the weights", "in the optimiser"])
def test_a_disk_that_fills_up_while_it_trains(recipe_file: Path, small_disk: Path, left: int) -> None:
    for corpus in ("$SPEECH", "$SPEECH/awb"):
        read_corpora([corpus], MockingjayFeatureExtractor(), small_disk / "out" / "features")
    other = fill(small_disk, left)
    with pytest.raises(InputError, match=r"^disk full while writing .*; free some space there and try again$"):
        pretrain(recipe_file, small_disk / "out")
    assert not (small_disk / "out" / "model").exists()
    other.unlink()
    assert pretrain(recipe_file, small_disk / "out", resume=True).steps == 12


def test_features_that_find_no_room_leave_nothing(recipe_file: Path, small_disk: Path) -> None:
    fill(small_disk, 500_000)
    with pytest.raises(InputError, match=r"disk full while writing .*features.* MB needed"):
        pretrain(recipe_file, small_disk / "out")
    assert not list((small_disk / "out" / "features").iterdir())
