"""Compute a result once and store it: a resumed run, or another run, reads the same bytes."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from otoscope._io.atomic import atomic_write, make_folder
from otoscope.corpus import SkippedUtterance
from otoscope.errors import InputError
from otoscope.results import Run, claim_folder, finish, open_run

Arrays = Mapping[str, NDArray[Any]]
RunResult = tuple[xr.Dataset, Iterable[SkippedUtterance]]


def load_or_compute(path: Path, make: Callable[[], Arrays], *, shared: bool = False) -> dict[str, NDArray[Any]]:
    """Return the arrays of an `.npz` file; compute and write them first if there is no file.

    Args:
        path: the file. A failure leaves no partial file.
        make: computes the arrays.
        shared: whether other processes may write the same file at the same time.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "cache" / "squares.npz"
    ...     first = load_or_compute(path, lambda: {"squares": np.arange(3) ** 2})
    ...     again = load_or_compute(path, lambda: {"squares": np.zeros(3)})
    >>> first["squares"].tolist(), again["squares"].tolist()
    ([0, 1, 4], [0, 1, 4])
    """
    if not path.exists():
        arrays = make()
        make_folder(path.parent)
        with atomic_write(path, shared=shared) as partial, partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}


def resume_or_run(out: str | Path, plan: Mapping[str, Any], make: Callable[[Path], RunResult], *, resume: bool) -> Run:
    """Return the finished run of a plan; compute it first if the folder does not contain it.

    Args:
        out: the run folder.
        plan: all settings that decide the numbers of the run.
        make: receives the run folder, returns the Dataset and the skipped utterances.
        resume: whether the folder may contain a run of the same plan, finished or not.

    Raises:
        InputError: the folder cannot be used, or `make` raises it. If no shard was written, the folder is as before;
            otherwise the run can be resumed.
    """
    folder, new = Path(out), not Path(out).exists()
    if claim_folder(folder, dict(plan), resume=resume) != "finished":
        with _remove_on_failure(folder, new):
            finish(folder, *make(folder))
    return open_run(folder)


@contextmanager
def _remove_on_failure(folder: Path, new: bool) -> Iterator[None]:
    """On a failure before the first shard, restore the folder; after it, leave a run that can be resumed."""
    try:
        yield
    except InputError:
        if not any(folder.glob("shards/**/*.npz")):
            (folder / "run.json").unlink()
            shutil.rmtree(folder / "shards", ignore_errors=True)
            if new:
                folder.rmdir()
        raise
