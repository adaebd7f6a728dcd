"""`otoscope view`."""

from pathlib import Path
from typing import Annotated

import typer


def view(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run of analyze; others beside it.")],
    model: Annotated[str | None, typer.Option(help="The run's model: other maps, live ablation.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    host: Annotated[str, typer.Option(help="Other than this machine alone only with the flag below.")] = "127.0.0.1",
    exposed: Annotated[
        bool, typer.Option("--i-know-this-is-not-encrypted", help="Let other machines reach --host.")
    ] = False,
) -> None:
    """Open the viewer: see a head, hear a head."""
    from otoscope.viewer.server import Address, serve
    from otoscope.viewer.view import open_answers

    def announce(url: str) -> None:
        print(f"otoscope: showing {runs[0]} at {url}\nStop with Ctrl-C.", flush=True)

    serve(open_answers(runs, model), Address(host, port, exposed), announce, browser)
