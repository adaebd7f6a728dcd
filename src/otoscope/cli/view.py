"""`otoscope view`."""

import sys
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.errors import InputError
from otoscope.viewer.options import Address, ExportOptions

if TYPE_CHECKING:
    from otoscope.viewer.api import ViewerApi


def view(
    context: typer.Context,
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run of analyze, then further runs.")],
    model: Annotated[str | None, typer.Option(help="The run's model: other maps, live ablation.")] = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page.")] = True,
    export: Annotated[
        Path | None,
        typer.Option(metavar="FILE.html", help="Write a page that opens offline, and exit; with --index, a folder."),
    ] = None,
    audio_root: Annotated[Path | None, typer.Option(help="Audio outside the corpus that the run may play.")] = None,
) -> None:
    """Open the viewer: look at the attention of a run and listen to its speech."""
    address, selection = read_options(context, Address), read_options(context, ExportOptions)
    from otoscope.viewer.export import export as write_page
    from otoscope.viewer.export import parse_selection
    from otoscope.viewer.session import open_session

    if selection.index:
        folder = _gallery_folder(model, export)
        from otoscope.viewer.gallery import export_gallery

        print(f"gallery written to {export_gallery(runs, folder, parse_selection(selection), audio_root)}")
        return
    api = open_session(runs, model, wait=export is not None, train_probes=export is None, audio_root=audio_root)
    if export is not None:
        print(f"page written to {write_page(api, export, parse_selection(selection))}")
    else:
        show(api, runs[0], address, browser=browser)


def _gallery_folder(model: str | None, folder: Path | None) -> Path:
    """Return the folder of a gallery. Raises InputError for what a gallery cannot have."""
    if folder is None or folder.suffix == ".html":
        raise InputError(f"expected --export FOLDER with --index, found {folder or 'none'}; name a folder for the site")
    if model is not None:
        raise InputError("expected no --model with --index, which exports the maps that runs store; omit --model")
    return folder


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
