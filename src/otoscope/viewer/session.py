"""The runs to look at, opened together."""

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from otoscope.errors import InputError
from otoscope.results import Run, open_run
from otoscope.results.schema import HEADS
from otoscope.viewer.api import Answers
from otoscope.viewer.background import meanwhile
from otoscope.viewer.boundaries import KIND as SEGMENTED
from otoscope.viewer.run_session import Subject

if TYPE_CHECKING:
    from otoscope.viewer.live_model import Live

RunLike = str | os.PathLike[str] | Run


def open_answers(runs: Sequence[RunLike], model: str | None = None, wait: bool = True) -> Answers:
    """Everything there is to ask of some runs, of which `model` made the first.

    Args:
        runs: runs or their folders.
        model: loaded in a thread.
        wait: until it is; without that, what needs the model is answered once it is there.

    Raises:
        InputError: one of them cannot be opened, the first was not written by `analyze`, or the model did not make it.
    """
    opened = [run if isinstance(run, Run) else open_run(run) for run in runs]
    if opened[0].kind != HEADS:
        raise InputError(f"expected a run that analyze wrote first, {opened[0].path} holds {opened[0].kind}")
    segmented = next((run for run in opened if run.kind == SEGMENTED), None)
    loading = None if model is None else meanwhile(lambda: _live(opened[0], model))
    if loading and wait:
        loading.result()
    first = Subject(opened[0], loading, segmented)
    return Answers([first, *(Subject(run) for run in opened[1:])])


def _live(run: Run, model: str) -> "Live":
    from otoscope.viewer.live_model import open_live

    return open_live(run, model)
