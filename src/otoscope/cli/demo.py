"""`otoscope demo`."""

from pathlib import Path
from typing import Annotated

import typer


def demo(
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for the demo.")] = Path(
        "otoscope-demo"
    ),
) -> None:
    """Measure, list and draw the embedded model on the embedded synthetic speech."""
    from otoscope.engine.demo import demo as call
    from otoscope.results import heads_table
    from otoscope.results.summary import summary

    shown = call(out)
    print(heads_table(shown.run), end="")
    print(f"\n{summary(shown.run)}\n\nrun: {shown.run.path}\nfigures:")
    for path in shown.figures:
        print(f"  {path}")
