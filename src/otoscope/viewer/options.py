"""Options of the viewer. The command line derives its options from these fields."""

import re
from dataclasses import dataclass

from otoscope.errors import InputError
from otoscope.runs.options import option

LOOPBACK = "127.0.0.1"
MAX_PORT = 65535


@dataclass(frozen=True, kw_only=True)
class Address:
    """A host and a port; a host that other machines reach needs `allow_remote`.

    Attributes:
        host: name or number of the host that listens.
        port: number of the port; 0 takes a free one.
        allow_remote: let other machines reach the host.
        root_path: path, or address with a path, at which a proxy shows the page.

    Raises:
        InputError: there is no such port, or `root_path` is neither a path nor an address.
    """

    port: int = option(0, "0: a free one.")
    host: str = option(LOOPBACK, "A host for other machines needs --allow-remote.")
    allow_remote: bool = option(False, "Let other machines reach --host, without encryption.")

    root_path: str = option("", "Where a proxy shows the page.", metavar="PATH|URL")

    def __post_init__(self) -> None:
        """Check the port and the path."""
        if self.root_path and not re.match(r"/|https?://", self.root_path):
            raise InputError(
                f"expected --root-path as /PATH or https://HOST/PATH of the proxy, found '{self.root_path}'"
            )
        if not 0 <= self.port <= MAX_PORT:
            raise InputError(f"expected --port from 0 (a free one) to {MAX_PORT}, found {self.port}")


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What an exported page contains, as the user types it.

    Attributes:
        utterances: ids of utterances; empty takes those with stored maps.
        heads: heads, each as LAYER.HEAD; empty takes all.
        index: write a site over several runs: an index with thumbnails, and a page for each run.
    """

    utterances: tuple[str, ...] = option((), "To export; default: those with maps.", metavar="ID,...")
    heads: tuple[str, ...] = option((), "To export; default: all.", metavar="L.H,...")
    index: bool = option(False, "Export a site over all runs to a folder.")
