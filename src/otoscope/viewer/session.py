"""Open some runs, and perhaps the model of the first, for the viewer."""

import os
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from otoscope.errors import InputError
from otoscope.results import Run, open_run
from otoscope.results.schema import HEADS
from otoscope.viewer.api import ViewerApi
from otoscope.viewer.background import run_in_background
from otoscope.viewer.boundaries import KIND as SEGMENTED
from otoscope.viewer.run_session import RunSession

if TYPE_CHECKING:
    from otoscope.viewer.live_model import LiveModel
    from otoscope.viewer.run_corpus import RunCorpus

RunLike = str | os.PathLike[str] | Run


def open_session(
    runs: Sequence[RunLike],
    model: str | None = None,
    wait: bool = True,
    *,
    train_probes: bool = True,
    audio_root: Path | None = None,
) -> ViewerApi:
    """Open runs for the viewer.

    Args:
        runs: runs or their folders; the first is a run of `analyze`.
        model: the model of the first run; it is loaded in a thread.
        wait: whether to wait for the model. Otherwise, resources that need it have the status 202 until it is loaded.
        train_probes: whether the model trains probes in a thread, which an exported page does not need.
        audio_root: a folder of audio that the runs may name, in addition to their corpora.

    Returns:
        The API of these runs.

    Raises:
        InputError: a run cannot be opened, the first is not a run of `analyze`, or the model did not make it.
    """
    opened = [run if isinstance(run, Run) else open_run(run) for run in runs]
    if opened[0].kind != HEADS:
        raise InputError(f"expected a run of analyze as the first one, found {opened[0].kind} in {opened[0].path}")
    segmented = next((run for run in opened if run.kind == SEGMENTED), None)
    corpus, loading = (None, None) if model is None else _open_model(opened[0], model, train_probes)
    if loading and wait:
        loading.result()
    first = RunSession(opened[0], loading, segmented, audio_root, corpus)
    return ViewerApi([first, *(RunSession(run, audio_root=audio_root) for run in opened[1:])])


def _open_model(run: Run, model: str, train_probes: bool) -> "tuple[RunCorpus, Future[LiveModel]]":
    """Start to read the corpus and to load the model of a run."""
    from otoscope.viewer.run_corpus import RunCorpus

    corpus = RunCorpus(run)

    def load() -> "LiveModel":
        from otoscope.viewer.live_model import load_live_model

        return load_live_model(run, model, corpus, train_probes=train_probes)

    return corpus, run_in_background(load)
