"""`otoscope view`."""

import sys
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.viewer.options import Address, ExportOptions

if TYPE_CHECKING:
    from otoscope.viewer.api import ViewerApi


def view(
    context: typer.Context,
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run of analyze, then further runs.")],
    model: Annotated[str | None, typer.Option(help="The run's model: other maps, live ablation.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    export: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write a page that opens offline, and exit.")
    ] = None,
    audio_root: Annotated[Path | None, typer.Option(help="Audio outside the corpus that the run may play.")] = None,
) -> None:
    """Open the viewer: look at the attention of a run and listen to its speech."""
    from otoscope.viewer.export import export as write_page
    from otoscope.viewer.export import parse_selection
    from otoscope.viewer.session import open_session

    address, selection = read_options(context, Address), read_options(context, ExportOptions)
    api = open_session(runs, model, wait=export is not None, train_probes=export is None, audio_root=audio_root)
    if export is not None:
        print(f"page written to {write_page(api, export, parse_selection(selection))}")
    else:
        show(api, runs[0], address, browser=browser)


def show(api: "ViewerApi", run: Path, address: Address | None = None, *, browser: bool = True) -> None:
    """Serve the viewer until the user interrupts it, and print its URL."""
    from otoscope.viewer.server import serve

    def on_ready(url: str) -> None:
        print(f"otoscope: showing {run} at {url}\nStop with Ctrl-C.", flush=True)

    if loading := api.sessions[0].loading:
        loading.add_done_callback(_report_model_error)
    serve(api, address or Address(), on_ready, browser)


def _report_model_error(loading: "Future[Any]") -> None:
    """Print why the model is not available; the viewer shows the run without it."""
    if error := loading.exception():
        print(f"otoscope: {error}; heads cannot be switched off", file=sys.stderr, flush=True)
