"""`otoscope decoder`."""

import typer

from otoscope.analysis.decoder_options import DecoderOptions
from otoscope.cli.dataclass_options import read_options
from otoscope.cli.options import Corpus, Model, NewRun
from otoscope.cli.run_output import IsJson, print_run
from otoscope.runs.options import SpeechOptions


def decoder(context: typer.Context, model: Model, corpus: Corpus, out: NewRun, is_json: IsJson = False) -> None:
    """Measure what each head of the decoder of MODEL attends to, and which words change without it."""
    import otoscope
    from otoscope.analysis.decoder_tables import decoder_table

    decoding, options = read_options(context, DecoderOptions), read_options(context, SpeechOptions)
    run = otoscope.analyze_decoder(model, corpus, out, decoding=decoding, options=options)
    print_run(run, decoder_table, is_json)
