"""`otoscope faithfulness`."""

import typer

from otoscope.attribution.options import FaithfulnessOptions
from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun, shell_command
from otoscope.runs.options import SpeechOptions


def faithfulness(context: typer.Context, model: Model, corpus: Corpus, out: NewRun) -> None:
    """Compare attention of MODEL with relevance: may its maps be read as explanations of an output?"""
    import otoscope
    from otoscope.attribution.table import faithfulness_table

    attribution, options = read_options(context, FaithfulnessOptions), read_options(context, SpeechOptions)
    measured = otoscope.faithfulness(model, corpus, out, attribution=attribution, options=options)
    table = faithfulness_table(measured.dataset)
    print(f"{table}\nrun written to {out}; next: {shell_command('figures', out, '-o', 'FOLDER')}")
