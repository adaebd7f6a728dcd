"""`otoscope patch`."""

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun
from otoscope.cli.run_output import IsJson, print_run
from otoscope.patching.options import PatchOptions
from otoscope.runs.options import SpeechOptions


def patch(context: typer.Context, model: Model, corpus: Corpus, out: NewRun, is_json: IsJson = False) -> None:
    """Corrupt speech, restore the heads of MODEL from the clean run, and measure what each restores."""
    import otoscope
    from otoscope.patching.table import patch_table

    patching, options = read_options(context, PatchOptions), read_options(context, SpeechOptions)
    patched = otoscope.patch(model, corpus, out, patching=patching, options=options)
    print_run(patched, patch_table, is_json)
