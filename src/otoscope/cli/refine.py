"""`otoscope refine`."""

from pathlib import Path
from typing import Annotated

import typer

from otoscope.cli.options import Model


def refine(
    model: Model,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="OUT", help="Model folder to write.")],
    corpora: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CORPUS...]", help="Unlabelled speech, for --tune and --budget-macs."),
    ] = None,
    run: Annotated[Path | None, typer.Option(help="Run of analyze or rank that ranks the heads.")] = None,
    by: Annotated[str | None, typer.Option(metavar="RANKING", help="Ranking of that run.")] = None,
    heads: Annotated[float | None, typer.Option(help="Share of all heads to remove.")] = None,
    remove_file: Annotated[Path | None, typer.Option(help="JSON list of layer, head pairs to remove.")] = None,
    span: Annotated[int | None, typer.Option(help="Frames that a query may attend to on each side.")] = None,
    budget_macs: Annotated[
        float | None, typer.Option(help="Share of the multiplications to keep; chooses the heads.")
    ] = None,
    tune: Annotated[int | None, typer.Option(metavar="STEPS", help="Training steps towards the original.")] = None,
    portable: Annotated[
        bool, typer.Option("--portable", help="Also write OUT/portable, which loads without otoscope.")
    ] = False,
) -> None:
    """Write a copy of MODEL without some of its heads, or with a limited span: smaller and faster."""
    import otoscope

    refined = otoscope.refine(
        model,
        out,
        run=run,
        by=by,
        heads=heads,
        remove=remove_file,
        span=span,
        budget_macs=budget_macs,
        tune=tune,
        corpora=corpora or (),
        portable=portable,
    )
    if budget_macs is not None and not corpora:
        print("heads chosen on the bundled synthetic speech; name a CORPUS to choose them on yours")
    print(f"{refined.summary}\nnext: otoscope bench {out} --against {model}")
