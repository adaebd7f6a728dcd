"""`otoscope dynamics`."""

from pathlib import Path
from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import NewRun, shell_command
from otoscope.runs.options import SpeechOptions

Checkpoints = Annotated[
    list[Path], typer.Argument(metavar="CHECKPOINT...", help="Folders of checkpoints, or one that contains them.")
]
Speech = Annotated[str, typer.Option("--corpus", help="Folder of speech in any known layout, or 'bundled'.")]


def dynamics(context: typer.Context, checkpoints: Checkpoints, corpus: Speech, out: NewRun) -> None:
    """Measure the heads of every CHECKPOINT of a training: when do they form, which change their category?"""
    import otoscope
    from otoscope.training_dynamics.table import dynamics_table

    run = otoscope.dynamics(checkpoints, corpus, out, options=read_options(context, SpeechOptions))
    print(dynamics_table(run.dataset), end="")
    print(f"run written to {out}; next: {shell_command('figures', out, '-o', 'FOLDER')}")
