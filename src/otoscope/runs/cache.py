"""What is computed once and kept: a run that was stopped, or another run, reads the same bytes."""

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
Found = tuple[xr.Dataset, Iterable[SkippedUtterance]]


def load_or_compute(path: Path, make: Callable[[], Arrays], *, shared: bool = False) -> dict[str, NDArray[Any]]:
    """The arrays at `path` (`.npz`), made and written there first where there are none. Written whole or not at all.

    `shared`: other processes may make the same at the same time.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "kept" / "squares.npz"
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


def resume_or_run(out: str | Path, plan: Mapping[str, Any], make: Callable[[Path], Found], *, resume: bool) -> Run:
    """The run of a plan at `out`; `make` is given the folder where it is not finished, and says what was found.

    Raises:
        InputError: the folder cannot be used, or `make` raises it; then nothing is left that cannot be resumed.
    """
    folder, new = Path(out), not Path(out).exists()
    if claim_folder(folder, dict(plan), resume=resume) != "finished":
        with _nothing_half_made(folder, new):
            finish(folder, *make(folder))
    return open_run(folder)


@contextmanager
def _nothing_half_made(folder: Path, new: bool) -> Iterator[None]:
    """A failure before the first shard is kept leaves the place as it was; after it, a run that can be resumed."""
    try:
        yield
    except InputError:
        if not any(folder.glob("shards/**/*.npz")):
            (folder / "run.json").unlink()
            shutil.rmtree(folder / "shards", ignore_errors=True)
            if new:
                folder.rmdir()
        raise
