"""The command `otoscope boundaries`."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.segmentation.options import BoundaryOptions


def boundaries(
    context: typer.Context,
    segmenter: Annotated[str, typer.Argument(help="Run of otoscope segment, its segmenter.json, or 'bundled'.")],
    audio: Annotated[list[str], typer.Argument(help="Audio files, or folders of speech.")],
    out: Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Folder of the files to write.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print what was written as JSON.")] = False,
) -> None:
    """Find phone boundaries in recordings, without labels, and write them as TextGrids."""
    import otoscope

    report = otoscope.write_boundaries(segmenter, audio, out, read_options(context, BoundaryOptions))
    if as_json:
        print(json.dumps(asdict(report), indent=2, ensure_ascii=False))
        return
    for skipped in report.skipped:
        print(f"skipped {skipped.id}: {skipped.reason}")
    boundaries = sum(recording.counts[report.best] for recording in report.recordings)
    seconds = sum(recording.seconds for recording in report.recordings)
    print(
        f"{boundaries} boundaries in {len(report.recordings)} recordings of {seconds:.1f} s by {report.best}, "
        f"tuned for the protocol {report.protocol}\nfiles written to {out}"
    )
