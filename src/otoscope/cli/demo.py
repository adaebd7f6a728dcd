"""`otoscope demo`."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for the demo.")] = Path(
        "otoscope-demo"
    ),
    view: Annotated[bool, typer.Option("--view", help="Open the viewer on it.")] = False,
) -> None:
    """Measure, list and draw the bundled model on the bundled synthetic speech."""
    from otoscope.cli.demo_run import demo as call
    from otoscope.results import heads_table
    from otoscope.results.summary import summary

    shown = call(out)
    print(heads_table(shown.run), end="")
    print(f"\n{summary(shown.run)}\n\nrun: {shown.run.path}\nfigures:")
    for path in shown.figures:
        print(f"  {path}")
    print(f"\nsee and hear it: otoscope view {shown.run.path} --model bundled")
    if view:
        from otoscope.cli.view import show
        from otoscope.viewer.session import open_session

        show(open_session([shown.run], "bundled", wait=False), shown.run.path)
