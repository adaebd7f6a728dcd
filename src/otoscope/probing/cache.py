"""Trained nets are kept by what decides them, so that the next command need not train them again."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from numpy.typing import NDArray

from otoscope._io.home import cache_folder
from otoscope._io.versions import installed_version
from otoscope.probing.scorer import Cache
from otoscope.runs.cache import load_or_recompute


def open_cache(folder: str | Path | None = None) -> Cache:
    """Return a cache of arrays, in files named by the content that decides them: in `folder`, or in the user's cache.

    That is `$OTOSCOPE_CACHE`, else `$XDG_CACHE_HOME/otoscope`, else `~/.cache/otoscope`. It may be removed at any time.
    Where it cannot be written, a warning is given and the nets are trained again.
    """
    root = Path(folder) if folder else cache_folder()

    def cached(content: str, make: Callable[[], dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
        versions = f"torch {installed_version('torch')} otoscope {installed_version('otoscope')}"
        named = f"{content} {versions} threads {torch.get_num_threads()}"
        return load_or_recompute(root / "probes" / f"{hashlib.sha256(named.encode()).hexdigest()}.npz", make)

    return cached
