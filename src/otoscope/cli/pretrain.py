"""`otoscope pretrain`."""

from pathlib import Path
from typing import Annotated

import typer

from otoscope._io.ranks import is_first_process
from otoscope.cli.dataclass_options import read_options
from otoscope.runs.options import SelectionOptions


def pretrain(
    context: typer.Context,
    recipe: Annotated[Path, typer.Argument(help="TOML file: data, model, masking, batching, training.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for checkpoints, logs and the model.")
    ],
    resume: Annotated[bool, typer.Option("--resume", help="Resume from the newest checkpoint.")] = False,
) -> None:
    """Pre-train a Mockingjay model by masked reconstruction.

    Options that select utterances select from all training corpora together; all validation speech is used.
    """
    import otoscope

    trained = otoscope.pretrain(recipe, out, resume=resume, selection=read_options(context, SelectionOptions))
    if not is_first_process():
        return
    learned = trained.reconstruction
    print(
        f"masked L1 on {learned.frames} held-out frames: {learned.model:.4f}; predicting the mean {learned.mean:.4f}, "
        f"copying the nearest unmasked frame {learned.nearest:.4f}"
    )
    for skipped in trained.skipped:
        print(f"skipped: {skipped.id}: {skipped.reason}")
    print(f"model of {trained.parameters} parameters after {trained.steps} steps written to {trained.model}")
