"""`otoscope prune`."""

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun
from otoscope.cli.run_output import IsJson, print_run
from otoscope.probing.options import ProbingOptions
from otoscope.pruning.options import ScheduleOptions
from otoscope.runs.options import ExecutionOptions, SpeechOptions


def prune(context: typer.Context, model: Model, corpus: Corpus, out: NewRun, is_json: IsJson = False) -> None:
    """Remove heads of MODEL step by step, limit its span, and score probes after each step."""
    import otoscope
    from otoscope.importance.tables import curve_table

    schedule, probing = read_options(context, ScheduleOptions), read_options(context, ProbingOptions)
    options, execution = read_options(context, SpeechOptions), read_options(context, ExecutionOptions)
    pruned = otoscope.prune(
        model, corpus, out, schedule=schedule, probing=probing, options=options, execution=execution
    )
    print_run(pruned, curve_table, is_json)
