"""The runs to look at, opened together."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from otoscope.errors import BadInput
from otoscope.results import Run, open_run
from otoscope.results.schema import HEADS
from otoscope.viewer.answers import Answers
from otoscope.viewer.boundaries import KIND as SEGMENTED
from otoscope.viewer.subject import Subject

if TYPE_CHECKING:
    from otoscope.importance.live import Live

RunLike = str | os.PathLike[str] | Run


def open_answers(runs: Sequence[RunLike], model: str | None = None) -> Answers:
    """Everything there is to ask of some runs, of which `model` made the first.

    Raises:
        BadInput: one of them cannot be opened, the first was not written by `analyze`, or the model did not make it.
    """
    opened = [run if isinstance(run, Run) else open_run(run) for run in runs]
    if opened[0].kind != HEADS:
        raise BadInput(f"expected a run that analyze wrote first, {opened[0].path} holds {opened[0].kind}")
    segmented = next((run for run in opened if run.kind == SEGMENTED), None)
    first = Subject(opened[0], _live(opened[0], model), segmented)
    return Answers([first, *(Subject(run) for run in opened[1:])])


def _live(run: Run, model: str | None) -> "Live | None":
    if model is None:
        return None
    from otoscope.importance.live import open_live

    return open_live(run, model)
