"""`otoscope sinks`."""

import typer

from otoscope.attention_sinks.options import SinkOptions
from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun, shell_command
from otoscope.runs.options import SpeechOptions


def sinks(context: typer.Context, model: Model, corpus: Corpus, out: NewRun) -> None:
    """Measure which frames draw most of the attention in MODEL, what they carry, and what is lost without them."""
    import otoscope
    from otoscope.attention_sinks.table import sinks_table

    probing, options = read_options(context, SinkOptions), read_options(context, SpeechOptions)
    measured = otoscope.sinks(model, corpus, out, probing=probing, options=options)
    table = sinks_table(measured.dataset)
    print(f"{table}\nrun written to {out}; next: {shell_command('figures', out, '-o', 'FOLDER')}")
