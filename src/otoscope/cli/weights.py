"""`otoscope weights`."""

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Model, NewRun, shell_command
from otoscope.head_weights.options import WeightOptions


def weights(context: typer.Context, model: Model, out: NewRun) -> None:
    """Compute norms, ranks, similarities and compositions of heads from the weights of MODEL, without speech."""
    import otoscope
    from otoscope.head_weights.table import weights_table

    run = otoscope.weights(model, out, options=read_options(context, WeightOptions))
    print(weights_table(run.dataset), end="")
    print(f"run written to {out}; next: {shell_command('figures', out, '-o', 'FOLDER')}")
