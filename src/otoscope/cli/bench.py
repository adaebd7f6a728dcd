"""`otoscope bench`."""

from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Model, numbers
from otoscope.refinement.bench_options import BenchOptions


def bench(
    context: typer.Context,
    model: Model,
    against: Annotated[str | None, typer.Option(metavar="MODEL", help="Compare with this model, turn by turn.")] = None,
    seconds: Annotated[str, typer.Option(help="Lengths of audio in seconds, with commas between.")] = "10,30,60",
    rounds: Annotated[int, typer.Option(help="Turns at each length.")] = 5,
    device: Annotated[str, typer.Option(help="Torch device.")] = "cpu",
) -> None:
    """Measure what MODEL costs: latency, multiplications by part, parameters, size on disk, peak memory."""
    import otoscope

    lengths = numbers(seconds, "lengths of audio in seconds as numbers", float)
    options = read_options(context, BenchOptions)
    print(otoscope.bench(model, against, seconds=lengths, rounds=rounds, device=device, options=options).table)
