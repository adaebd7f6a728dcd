"""Paths that may not be read, not even by root."""

import errno
import io
import os
from pathlib import Path


def closing(monkeypatch, place):
    """Let the system refuse to list or open `place`."""

    def refusing(call):
        def refuse(path, *arguments, **more):
            if isinstance(path, str | os.PathLike) and Path(path) == Path(place):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return call(path, *arguments, **more)

        return refuse

    monkeypatch.setattr(os, "scandir", refusing(os.scandir))
    monkeypatch.setattr(io, "open", refusing(io.open))
