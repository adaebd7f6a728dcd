"""Compute a result once and store it: a resumed run, or another run, reads the same bytes."""

import shutil
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
import xarray as xr
from numpy.typing import NDArray
from torch import nn

from otoscope._io.atomic import atomic_write, make_folder
from otoscope._io.lock import LOCK, LockedError, exclusive
from otoscope.corpus import SkippedUtterance
from otoscope.errors import InputError, InputWarning, UnfinishedError
from otoscope.models.encoder import Encoder
from otoscope.results import Run, check_folder, claim_folder, finish, join_folder, open_run
from otoscope.results.record import read_record
from otoscope.runs.run_config import requested_settings
from otoscope.runs.speech_source import SpeechSource
from otoscope.runs.threads import recorded_threads, use_threads

Arrays = Mapping[str, NDArray[Any]]
RunResult = tuple[xr.Dataset, Iterable[SkippedUtterance]]


def load_or_compute(path: Path, make: Callable[[], Arrays]) -> dict[str, NDArray[Any]]:
    """Return the arrays of an `.npz` file; compute and write them first if there is no file.

    Args:
        path: the file. A failure leaves no partial file.
        make: computes the arrays.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "cache" / "squares.npz"
    ...     first = load_or_compute(path, lambda: {"squares": np.arange(3) ** 2})
    ...     again = load_or_compute(path, lambda: {"squares": np.zeros(3)})
    >>> first["squares"].tolist(), again["squares"].tolist()
    ([0, 1, 4], [0, 1, 4])
    """
    if not path.exists():
        store_arrays(path, make())
    return read_arrays(path)


def load_or_recompute(path: Path, make: Callable[[], Arrays]) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file in a cache; compute them if it cannot be read, and write it if possible.

    Other processes may write the same file at the same time. A cache that cannot be written is a warning.

    Args:
        path: the file.
        make: computes the arrays.
    """
    try:
        return read_arrays(path)
    except (OSError, EOFError, ValueError, BadZipFile):  # no file, no right to read it, or a damaged one
        arrays = dict(make())
    try:
        store_arrays(path, arrays)
    except (InputError, OSError):
        warnings.warn(
            f"the cache {path.parent} cannot be written; set OTOSCOPE_CACHE to another folder, otherwise the next "
            "command computes the same again",
            InputWarning,
            stacklevel=2,
        )
    return arrays


def resume_or_run(out: str | Path, plan: Mapping[str, Any], make: Callable[[Path], RunResult], *, resume: bool) -> Run:
    """Return the finished run of a plan; compute it first if the folder does not contain it.

    Args:
        out: the run folder.
        plan: all settings that decide the numbers of the run.
        make: receives the run folder, returns the Dataset and the skipped utterances.
        resume: whether the folder may contain a run of the same plan, finished or not.

    Raises:
        InputError: the folder cannot be used, or `make` raises it.

    After a failure of any kind, Ctrl-C too, the folder is as before if no shard was written; otherwise the run can be
    resumed.

    A resumed run continues with the number of threads that it began with: sums over another number differ in their
    last bits.
    """
    folder, new = Path(out), not Path(out).exists()
    threads = recorded_threads(folder) if resume else None
    plan = {**plan, "threads": threads or plan.get("threads") or torch.get_num_threads()}
    if claim_folder(folder, plan, resume=resume) != "finished":
        with _remove_on_failure(folder, new), use_threads(plan["threads"]):
            finish_once(folder, make)
    return open_run(folder)


def join_run(
    out: str | Path, plan: Mapping[str, Any], measure: Callable[[Path], None], make: Callable[[Path], RunResult]
) -> Run:
    """Measure the share of this process of a run that several processes share, and finish the run if it is whole.

    Args:
        out: the run folder.
        plan: all settings that decide the numbers of the run.
        measure: receives the run folder, stores the share, and raises UnfinishedError if others are missing.
        make: as for `resume_or_run`; one process calls it.

    Raises:
        UnfinishedError: other shares are missing, or another process finishes the run.
        InputError: the folder cannot be used, or `measure` or `make` raises it.

    A failure leaves all that was stored.
    """
    folder = Path(out)
    state, joined = join_folder(folder, {"threads": torch.get_num_threads(), **plan})
    if state != "finished":
        with use_threads(joined["threads"]):
            measure(folder)
            try:
                finish_once(folder, make)
            except LockedError:
                raise UnfinishedError(f"another process finishes {folder}") from None
    return open_run(folder)


def finish_once(folder: Path, make: Callable[[Path], RunResult]) -> None:
    """Finish a run that is not finished; of several processes at a time, one does.

    On a file system without locks several may do the same work: the first result stays, and all are the same.
    """
    try:
        with exclusive(folder, "command"):
            if not is_finished(folder):
                finish(folder, *make(folder), shared=True)
                (folder / LOCK).unlink(missing_ok=True)
    except FileNotFoundError:  # another process has finished the run and removed its shards
        if not is_finished(folder):
            raise


def is_finished(folder: Path) -> bool:
    """Return whether the run in a folder is finished."""
    return bool(read_record(folder)["finished"])


def check_out(
    out: str | Path, model: str | Path | nn.Module | Encoder, source: SpeechSource, *, resume: bool, **settings: Any
) -> None:
    """Check the run folder of a command before the model is loaded, as far as the user's settings decide it.

    Args:
        out: the run folder.
        model: what `load` takes.
        source: the corpus and how it is read.
        resume: whether the folder may contain a run with these settings.
        settings: further settings of the plan.

    Raises:
        InputError: the folder contains something else, a run without `resume`, or a run with other settings.
    """
    check_folder(out, requested_settings(model, source.name, source.options) | settings, resume=resume)


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of an `.npz` file."""
    with path.open("rb") as file, np.load(file) as stored:
        return {name: stored[name] for name in stored.files}


def store_arrays(path: Path, arrays: Arrays) -> None:
    """Write the arrays of an `.npz` file, whole or not at all; other processes may write the same at the same time.

    Raises:
        InputError: the disk is full, or the folder cannot be written.
    """
    make_folder(path.parent)
    with atomic_write(path, shared=True) as partial, partial.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)


@contextmanager
def _remove_on_failure(folder: Path, new: bool) -> Iterator[None]:
    """On any failure before the first shard, restore the folder; after it, leave a run that can be resumed."""
    try:
        yield
    except BaseException:  # also Ctrl-C, and errors of otoscope itself
        if not any(folder.glob("shards/**/*.npz")):
            _remove_run(folder)
            if new:
                folder.rmdir()
        raise


def _remove_run(folder: Path) -> None:
    """Remove what a run without shards wrote into its folder."""
    for name in ("shards", "maps.zarr", "results.zarr"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("skipped.json", "states.npz", "run.json", LOCK):
        (folder / name).unlink(missing_ok=True)
