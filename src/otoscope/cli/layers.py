"""`otoscope layers`."""

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun, shell_command
from otoscope.representations.options import LayerOptions
from otoscope.runs.options import SpeechOptions


def layers(context: typer.Context, model: Model, corpus: Corpus, out: NewRun) -> None:
    """Measure what each layer of MODEL encodes: probes with controls, similarity, categories of heads."""
    import otoscope
    from otoscope.representations.tables import layer_table

    reading, options = read_options(context, LayerOptions), read_options(context, SpeechOptions)
    measured = otoscope.layers(model, corpus, out, reading=reading, options=options)
    table = layer_table(measured.dataset)
    print(f"{table}\nrun written to {out}; next: {shell_command('figures', out, '-o', 'FOLDER')}")
