"""The command `otoscope words`."""

import json
from pathlib import Path
from typing import Annotated

import typer

from otoscope.alignment.options import WordOptions
from otoscope.cli.dataclass_options import read_options


def words(
    context: typer.Context,
    aligner: Annotated[Path, typer.Argument(metavar="ALIGNER", help="JSON file that otoscope align wrote.")],
    audio: Annotated[list[str], typer.Argument(metavar="AUDIO...", help="Audio files or folders of speech.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="FOLDER", help="Folder to write.")],
    is_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Write when each word of AUDIO starts and ends, as TextGrids or subtitles."""
    import otoscope

    report = otoscope.words(aligner, audio, out, read_options(context, WordOptions))
    if is_json:
        skipped = [item._asdict() for item in report.skipped]
        record = {"files": list(map(str, report.files)), "words": report.num_words, "unsure": report.unsure}
        print(json.dumps({**record, "skipped": skipped}, indent=1))
        return
    for item in report.skipped:
        print(f"skipped {item.id}: {item.reason}")
    for name in report.unsure:
        print(f"improbable words in {name}: check that its text is what is said")
    print(f"{report.num_words} words in {len(report.files)} files under {out}")
