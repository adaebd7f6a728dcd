"""The card of an adapted model repeats the adaptation."""

import shlex
from dataclasses import asdict
from pathlib import Path

import pytest
from typer.main import get_command

from otoscope._io.saved_work import as_json
from otoscope.adaptation.card import model_card
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.report import AdaptationReport
from otoscope.cli import app


@pytest.mark.parametrize(
    "options",
    [
        AdaptationOptions(adapt=Path("my speech"), tolerance=0.0),
        AdaptationOptions(adapt=Path("a"), remove_below=0.2, adapt_test=Path("b"), rivals=True),
    ],
)
def test_the_command_of_the_card_has_every_option_as_it_was(options: AdaptationOptions) -> None:
    report = AdaptationReport("model", as_json(asdict(options)), [], [], [], 0, (0, 0), tables={"gates": []})
    (line,) = (line for line in model_card(report).splitlines() if line.startswith("otoscope refine"))
    refine = get_command(app).commands["refine"]
    context = refine.make_context("refine", shlex.split(line)[2:])
    values = {name: context.params[name] for name in asdict(options)}
    assert AdaptationOptions(**values) == options
