"""`otoscope patch`."""

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun, shell_command
from otoscope.patching.options import PatchOptions
from otoscope.runs.options import SpeechOptions


def patch(context: typer.Context, model: Model, corpus: Corpus, out: NewRun) -> None:
    """Corrupt speech, restore the heads of MODEL from the clean run, and measure what each restores."""
    import otoscope
    from otoscope.patching.table import patch_table

    patching, options = read_options(context, PatchOptions), read_options(context, SpeechOptions)
    patched = otoscope.patch(model, corpus, out, patching=patching, options=options)
    table = patch_table(patched.dataset)
    print(f"{table}\nrun written to {out}; next: {shell_command('figures', out, '-o', 'FOLDER')}")
