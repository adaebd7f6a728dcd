"""Trained nets are kept by what decides them, so that the next command need not train them again."""

import hashlib
import os
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from otoscope.probing.scorer import Cache
from otoscope.runs.cache import load_or_compute


def open_cache(folder: str | Path | None = None) -> Cache:
    """Arrays in files named by the content that decides them: in `folder`, or in the user's cache.

    That is `$OTOSCOPE_CACHE`, else `$XDG_CACHE_HOME/otoscope`, else `~/.cache/otoscope`. It may be removed at any time.
    """
    root = Path(folder) if folder else _default()

    def cached(content: str, make: Callable[[], dict[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
        named = f"{content} torch {version('torch')} otoscope {version('otoscope')}"
        return load_or_compute(root / "probes" / f"{hashlib.sha256(named.encode()).hexdigest()}.npz", make, shared=True)

    return cached


def _default() -> Path:
    if "OTOSCOPE_CACHE" in os.environ:
        return Path(os.environ["OTOSCOPE_CACHE"])
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "otoscope"
