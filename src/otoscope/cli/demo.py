"""`otoscope demo`."""

from pathlib import Path
from typing import Annotated

import typer

from otoscope.runs.options import SpeechOptions


def demo(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for the demo.")] = Path(
        "otoscope-demo"
    ),
    view: Annotated[bool, typer.Option("--view", help="Open the viewer on it.")] = False,
) -> None:
    """Measure, list and draw the bundled model on the bundled synthetic speech."""
    import otoscope
    from otoscope.results import heads_table
    from otoscope.results.summary import summary

    run = otoscope.analyze("bundled", "bundled", out / "run", options=SpeechOptions(resume=True))
    figures = otoscope.draw(run.path, out / "figures")
    print(heads_table(run), end="")
    print(f"\n{summary(run)}\n\nrun: {run.path}\nfigures:")
    for path in figures:
        print(f"  {path}")
    print(f"\nfor a paper: otoscope figures {run.path} -o {out / 'figures'} --format pdf")
    print(f"see and hear it: otoscope view {run.path} --model bundled")
    if view:
        from otoscope.cli.view import show
        from otoscope.viewer.session import open_session

        show(open_session([run], "bundled", wait=False), run.path)
