"""The command line: each command parses, makes one call, and prints."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from otoscope.errors import BadInput

app = typer.Typer(
    help="Look inside the ear of a speech model: measure, sort and show its attention heads.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

RunFolder = Annotated[Path, typer.Argument(metavar="RUN", help="Run folder that analyze wrote.")]


class TableFormat(StrEnum):
    """How a table is printed."""

    table = "table"
    csv = "csv"
    json = "json"


class Theme(StrEnum):
    """Background of figures."""

    light = "light"
    dark = "dark"


@app.command()
def analyze(
    model: Annotated[str, typer.Argument(help="Hugging Face hub name, model folder, or 'embedded'.")],
    corpus: Annotated[str, typer.Argument(help="Folder of speech in any known layout, or 'embedded'.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="RUN", help="Run folder to write.")],
    device: Annotated[str, typer.Option(help="Torch device; auto takes a GPU where there is one.")] = "auto",
    dtype: Annotated[str, typer.Option(help="float32, float64, bfloat16 or float16.")] = "float32",
    limit: Annotated[int | None, typer.Option(help="Measure the first N utterances only.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with an unfinished run.")] = False,
    format: Annotated[str | None, typer.Option(help="audio, timit, textgrid, kaldi or lhotse.")] = None,
    tier: Annotated[str | None, typer.Option(help="TextGrid tier of the phones.")] = None,
    channel: Annotated[int | None, typer.Option(help="Channel of audio with several, from 0.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at an utterance that cannot be used.")] = False,
) -> None:
    """Measure every head of MODEL on CORPUS and sort the heads into global, vertical and diagonal."""
    from otoscope.engine.analyze import analyze as call
    from otoscope.results.summary import summary

    run = call(
        model,
        corpus,
        out,
        device=device,
        dtype=dtype,
        limit=limit,
        resume=resume,
        format=format,
        tier=tier,
        channel=channel,
        strict=strict,
    )
    print(f"{summary(run)}\nrun written to {out}; next: otoscope heads {out}, otoscope figures {out} -o FOLDER")


@app.command()
def heads(
    run: RunFolder,
    sort: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Numbers from high to low, text from a to z.")
    ] = None,
    format: Annotated[
        TableFormat, typer.Option(help="table to read, csv or json to compute with.")
    ] = TableFormat.table,
) -> None:
    """List the heads of a run, one row each."""
    from otoscope.results import heads_table, open_run

    print(heads_table(open_run(run), sort, format.value), end="")


@app.command()
def figures(
    run: RunFolder,
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for the figures.")],
    format: Annotated[str, typer.Option(help="Of png, svg and pdf, with commas between.")] = "png",
    utterance: Annotated[str | None, typer.Option(metavar="ID", help="Whose maps to show.")] = None,
    theme: Annotated[Theme, typer.Option(help="Background.")] = Theme.light,
) -> None:
    """Draw the figures of a run."""
    from otoscope.engine.draw import draw

    def skipped(figure: str, reason: str) -> None:
        print(f"otoscope: no figure {figure}: {reason}", file=sys.stderr)

    for path in draw(run, out, formats=format.split(","), utterance=utterance, theme=theme.value, on_skip=skipped):
        print(path)


@app.command()
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


@app.command()
def pretrain(
    recipe: Annotated[Path, typer.Argument(help="TOML file: data, model, masking, batching, training.")],
    out: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Folder for checkpoints, logs and the model.")
    ],
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the newest checkpoint.")] = False,
) -> None:
    """Pre-train a Mockingjay model by masked reconstruction."""
    from otoscope.pretraining.train import pretrain as call

    made = call(recipe, out, resume=resume)
    learned = made.reconstruction
    print(
        f"masked L1 on {learned.frames} held-out frames: {learned.model:.4f}; predicting the mean {learned.mean:.4f}, "
        f"copying the nearest unmasked frame {learned.nearest:.4f}"
    )
    for skipped in made.skipped:
        print(f"left out: {skipped.id}: {skipped.reason}")
    print(f"model of {made.parameters} parameters after {made.steps} steps written to {made.model}")


def main() -> NoReturn:
    """Entry point: bad input is one line on standard error and exit status 2."""
    try:
        app()
    except BadInput as error:
        print(f"otoscope: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0)
