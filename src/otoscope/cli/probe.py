"""`otoscope probe`."""

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun
from otoscope.probing.options import ProbingOptions
from otoscope.runs.options import ExecutionOptions, SpeechOptions


def probe(context: typer.Context, model: Model, corpus: Corpus, out: NewRun) -> None:
    """Predict phones, speakers and the input from the final hidden states of MODEL, compared with controls."""
    import otoscope
    from otoscope.probing.tables import probe_table

    probing, options = read_options(context, ProbingOptions), read_options(context, SpeechOptions)
    execution = read_options(context, ExecutionOptions)
    probed = otoscope.probe(model, corpus, out, probing=probing, options=options, execution=execution)
    print(f"{probe_table(probed.dataset)}\nrun written to {out}")
