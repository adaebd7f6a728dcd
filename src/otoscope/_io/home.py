"""Folders for caches, on any machine: without a home folder, or with one that cannot be written."""

import atexit
import logging
import os
from functools import cache
from pathlib import Path

CACHES_OF_LIBRARIES = {"MPLCONFIGDIR": "matplotlib", "NUMBA_CACHE_DIR": "numba", "TRITON_CACHE_DIR": "triton"}
"""Variable -> folder, of the libraries that cannot work without a cache that they can write."""

LHOTSE_TOOLS = os.path.join("lhotse", "tools", "env.py")  # noqa: PTH118 -- the end of a path


def provide_home() -> None:
    """Give this process what libraries need of a home folder: Lhotse fails at import where there is none.

    A user id without an entry in the table of users has no home, as in many containers. This process then gets a
    temporary home that is removed at its end. With a home that cannot be written, only the caches of
    `CACHES_OF_LIBRARIES` move; models that a library finds in the home stay there.
    """
    home = os.path.expanduser("~")  # noqa: PTH111 -- Path.home() raises where there is none
    if home == "~":
        os.environ["HOME"] = _temporary_folder()
    elif not os.access(home, os.W_OK):
        for variable, name in CACHES_OF_LIBRARIES.items():
            if variable not in os.environ:
                os.environ[variable] = f"{_temporary_folder()}{os.sep}{name}"
        logging.getLogger().addFilter(_is_no_advice)  # of Lhotse, which warns at import that it cannot write there


def cache_folder() -> Path:
    """Return otoscope's cache: `$OTOSCOPE_CACHE`, else `$XDG_CACHE_HOME/otoscope`, else `~/.cache/otoscope`."""
    if folder := os.environ.get("OTOSCOPE_CACHE"):
        return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "otoscope"


def _is_no_advice(record: logging.LogRecord) -> bool:
    return not record.pathname.endswith(LHOTSE_TOOLS)


@cache
def _temporary_folder() -> str:
    """Return a new private folder; the process that made it removes it at its end."""
    from shutil import rmtree
    from tempfile import mkdtemp

    folder, owner = mkdtemp(prefix="otoscope-"), os.getpid()

    @atexit.register
    def remove() -> None:
        if os.getpid() == owner:
            rmtree(folder, ignore_errors=True)

    return folder
