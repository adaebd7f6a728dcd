"""Arrays that are computed once and kept: a run that was stopped, or another run, reads the same bytes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from otoscope.atomic import atomic, make_folder

Arrays = Mapping[str, NDArray[Any]]


def kept(path: Path, make: Callable[[], Arrays]) -> dict[str, NDArray[Any]]:
    """The arrays at `path` (`.npz`), made and written there first where there are none. Written whole or not at all.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "kept" / "squares.npz"
    ...     first = kept(path, lambda: {"squares": np.arange(3) ** 2})
    ...     again = kept(path, lambda: {"squares": np.zeros(3)})
    >>> first["squares"].tolist(), again["squares"].tolist()
    ([0, 1, 4], [0, 1, 4])
    """
    if not path.exists():
        arrays = make()
        make_folder(path.parent)
        with atomic(path) as partial, partial.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)
    with np.load(path) as stored:
        return {name: stored[name] for name in stored.files}
