"""`otoscope rank`."""

import typer

from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun
from otoscope.cli.run_output import IsJson, print_run
from otoscope.importance.options import RankingOptions
from otoscope.runs.options import ExecutionOptions, SpeechOptions


def rank(context: typer.Context, model: Model, corpus: Corpus, out: NewRun, is_json: IsJson = False) -> None:
    """Order the heads of MODEL by one or several rankings."""
    import otoscope
    from otoscope.importance.tables import ranking_table

    ranking, options = read_options(context, RankingOptions), read_options(context, SpeechOptions)
    execution = read_options(context, ExecutionOptions)
    ranked = otoscope.rank(model, corpus, out, ranking=ranking, options=options, execution=execution)
    print_run(ranked, ranking_table, is_json)
