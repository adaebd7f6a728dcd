"""A file appears complete or not at all, for every interruption of the writer."""

import errno
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from otoscope._io.atomic import atomic_write, disk_errors_as_input_errors
from otoscope.errors import InputError

KILLED = """
import os, pathlib, signal, sys
from otoscope._io.atomic import atomic_write
with atomic_write(pathlib.Path(sys.argv[1])) as unfinished:
    unfinished.mkdir()
    (unfinished / "half").touch()
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_folder_whose_writer_is_killed_does_not_appear_and_can_be_made_again(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    killed = subprocess.run([sys.executable, "-c", KILLED, str(folder)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not folder.exists()
    with atomic_write(folder) as unfinished:
        unfinished.mkdir()
        (unfinished / "all").touch()
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == ["kept", "kept/all"]


def test_a_folder_takes_the_place_of_an_older_one(tmp_path: Path) -> None:
    for name in ("old", "new"):
        with atomic_write(tmp_path / "kept") as unfinished:
            unfinished.mkdir()
            (unfinished / name).touch()
    assert [path.name for path in (tmp_path / "kept").iterdir()] == ["new"]


@pytest.mark.parametrize(
    "error",
    [
        OSError("968880 requested and 614336 written"),  # numpy
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 33088 vs 32976"),  # torch
        RuntimeError("I/O error: No space left on device (os error 28)"),  # safetensors
    ],
)
@pytest.mark.parametrize("within", [atomic_write, disk_errors_as_input_errors])
def test_a_disk_that_a_library_finds_full_is_told_as_such(tmp_path: Path, within, error: Exception) -> None:
    with pytest.raises(InputError, match="disk full while writing"), within(tmp_path / "kept"):
        raise error


@pytest.mark.parametrize("within", [atomic_write, disk_errors_as_input_errors])
def test_what_is_not_of_the_disk_is_raised_as_it_is(tmp_path: Path, within) -> None:
    with pytest.raises(RuntimeError, match="size mismatch"), within(tmp_path / "kept"):
        raise RuntimeError("size mismatch")


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP, errno.EACCES])
def test_a_file_system_that_cannot_sync_folders_is_written_to(tmp_path: Path, monkeypatch, number: int) -> None:
    def fsync(descriptor: int, sync=os.fsync) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with atomic_write(tmp_path / "kept") as unfinished:
        unfinished.mkdir()
        (unfinished / "all").write_text("whole", encoding="utf-8")
    assert (tmp_path / "kept" / "all").read_text(encoding="utf-8") == "whole"


def test_a_disk_that_fails_to_sync_is_an_error(tmp_path: Path, monkeypatch) -> None:
    def fsync(descriptor: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(OSError, match="Input/output error"), atomic_write(tmp_path / "kept") as unfinished:
        unfinished.touch()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("mask", [0o022, 0o077])
def test_files_that_a_library_made_private_have_the_permissions_of_a_new_file(tmp_path: Path, mask: int) -> None:
    """Safetensors creates files for their owner alone, so that colleagues could not load a refined model."""
    previous = os.umask(mask)
    try:
        with atomic_write(tmp_path / "model") as folder:
            folder.mkdir()
            save_file({"weight": torch.zeros(2)}, folder / "model.safetensors")
            (folder / "config.json").write_text("{}", encoding="utf-8")
    finally:
        os.umask(previous)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "model").iterdir()}
    assert modes == dict.fromkeys(("model.safetensors", "config.json"), 0o666 & ~mask)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
