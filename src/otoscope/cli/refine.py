"""`otoscope refine`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from otoscope._io.ranks import is_first_process
from otoscope.adaptation.options import AdaptationOptions
from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Model, shell_command
from otoscope.errors import InputError
from otoscope.refinement.options import RefinementOptions
from otoscope.runs.options import SelectionOptions


def refine(
    context: typer.Context,
    model: Model,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="OUT", help="Model folder to write.")],
    corpora: Annotated[
        list[str] | None,
        typer.Argument(metavar="[CORPUS...]", help="Speech for --tune, --budget-macs, and a comparison."),
    ] = None,
    remove_file: Annotated[Path | None, typer.Option(help="JSON list of layer, head pairs to remove.")] = None,
) -> None:
    """Write a copy of MODEL without some of its heads, or with a limited span: smaller and faster.

    With --adapt or --calm, gates of its heads are learned instead, and the copy is written if it is better.
    """
    import otoscope

    adaptation = read_options(context, AdaptationOptions)
    options, selection = read_options(context, RefinementOptions), read_options(context, SelectionOptions)
    adaptation.check()
    if adaptation.is_requested:
        if replace(options, resume=False) != RefinementOptions() or remove_file:
            raise InputError("--adapt and --calm learn gates alone; refine the result in a second command")
        if corpora or selection != SelectionOptions():
            raise InputError(
                "expected the speech of --adapt, --calm and --guard alone, found another CORPUS or a selection of "
                "utterances; omit it, and pass --gate-utterances for fewer"
            )
        _adapt(model, out, adaptation)
        return
    refined = otoscope.refine(
        model, out, remove=remove_file, corpora=corpora or (), options=options, selection=selection
    )
    if not is_first_process():
        return
    if options.budget_macs is not None and not corpora:
        print("heads chosen on the bundled synthetic speech; name a CORPUS to choose them on yours")
    print(f"{refined.summary}\nnext: {shell_command('bench', out, '--against', model)}")


def _adapt(model: str, out: Path, adaptation: AdaptationOptions) -> None:
    from otoscope.adaptation.adapt import adapt

    done = adapt(model, out, adaptation)
    print(f"{done.report.text}\nwritten to {done.path}")
