"""`otoscope analyze`."""

import shlex
from pathlib import Path
from typing import Annotated

import typer


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
    allow_mismatch: Annotated[
        bool, typer.Option("--allow-mismatch", help="Take a model that lacks weights or has others too.")
    ] = False,
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
        allow_mismatch=allow_mismatch,
    )
    quoted = shlex.quote(str(out))
    print(f"{summary(run)}\nrun written to {out}; next: otoscope heads {quoted}, otoscope figures {quoted} -o FOLDER")
