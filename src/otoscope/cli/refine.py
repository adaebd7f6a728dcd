"""`otoscope refine`."""

from collections.abc import Sequence
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
        typer.Argument(metavar="[CORPUS...]", help="Speech for --tune, a budget, and a comparison."),
    ] = None,
    remove_file: Annotated[Path | None, typer.Option(help="JSON list of layer, head pairs to remove.")] = None,
    improve: Annotated[
        str | None, typer.Option(metavar="PROBE", help="Search changes of heads and spans that raise a probe.")
    ] = None,
) -> None:
    """Write a copy of MODEL without some of its heads, or with a limited span: smaller and faster.

    With --adapt or --calm, gates of its heads are learned instead, and the copy is written if it is better.
    """
    import otoscope

    adaptation = read_options(context, AdaptationOptions)
    options, selection = read_options(context, RefinementOptions), read_options(context, SelectionOptions)
    adaptation.check()
    is_plain = replace(options, resume=False) == RefinementOptions() and remove_file is None
    if improve is not None:
        if adaptation != AdaptationOptions() or not is_plain:
            raise InputError("--improve searches its own changes; refine the result in a second command")
        _improve(model, out, improve, corpora or (), selection)
        return
    if adaptation.is_requested:
        _check_alone(is_plain, corpora or (), selection)
        _adapt(model, out, adaptation)
        return
    refined = otoscope.refine(
        model, out, remove=remove_file, corpora=corpora or (), options=options, selection=selection
    )
    if not is_first_process():
        return
    if options.budget is not None and not corpora:
        print("heads chosen on the bundled synthetic speech; name a CORPUS to choose them on yours")
    print(f"{refined.summary}\nnext: {shell_command('bench', out, '--against', model)}")


def _check_alone(is_plain: bool, corpora: Sequence[str], selection: SelectionOptions) -> None:
    """Raise InputError for options that --adapt and --calm do not use."""
    if not is_plain:
        raise InputError("--adapt and --calm learn gates alone; refine the result in a second command")
    if corpora or selection != SelectionOptions():
        raise InputError(
            "expected the speech of --adapt, --calm and --guard alone, found another CORPUS or a selection of "
            "utterances; omit it, and pass --gate-utterances for fewer"
        )


def _improve(model: str, out: Path, probe: str, corpora: Sequence[str], selection: SelectionOptions) -> None:
    from otoscope.adaptation.improve import improve

    report = improve(model, out, probe, corpora, selection)
    print(f"{report.text}\n{'model and report' if report.is_better else 'report'} written to {out}")


def _adapt(model: str, out: Path, adaptation: AdaptationOptions) -> None:
    from otoscope.adaptation.adapt import adapt

    done = adapt(model, out, adaptation)
    print(f"{done.report.text}\nwritten to {done.path}")
