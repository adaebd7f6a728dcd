"""`otoscope view`."""

import sys
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from otoscope.viewer.api import Answers


def view(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run of analyze; others beside it.")],
    model: Annotated[str | None, typer.Option(help="The run's model: other maps, live ablation.")] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write the page instead, to open offline.")
    ] = None,
    utterances: Annotated[str, typer.Option(metavar="ID,...", help="To export; without it, those with maps.")] = "",
    heads: Annotated[str, typer.Option(metavar="L.H,...", help="To export; without it, all.")] = "",
    host: Annotated[str, typer.Option(help="Other than this machine alone only with the flag below.")] = "127.0.0.1",
    exposed: Annotated[
        bool, typer.Option("--i-know-this-is-not-encrypted", help="Let other machines reach --host.")
    ] = False,
) -> None:
    """Open the viewer: see a head, hear a head."""
    from otoscope.viewer.export import export as write
    from otoscope.viewer.export import parse_choice
    from otoscope.viewer.session import open_answers

    answers = open_answers(runs, model, wait=export is not None)
    if export is not None:
        print(f"page written to {write(answers, export, parse_choice(utterances, heads))}")
    else:
        show(answers, runs[0], host=host, port=port, exposed=exposed, browser=browser)


def show(
    answers: "Answers",
    run: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    exposed: bool = False,
    browser: bool = True,
) -> None:
    """Serve the viewer until interrupted, and say where."""
    from otoscope.viewer.server import Address, serve

    def announce(url: str) -> None:
        print(f"otoscope: showing {run} at {url}\nStop with Ctrl-C.", flush=True)

    if loading := answers.subjects[0].loading:
        loading.add_done_callback(_complain)
    serve(answers, Address(host, port, exposed), announce, browser)


def _complain(loaded: "Future[Any]") -> None:
    """A model that cannot be had leaves the rest of the viewer as it is."""
    if error := loaded.exception():
        print(f"otoscope: {error}; heads cannot be switched off", file=sys.stderr, flush=True)
