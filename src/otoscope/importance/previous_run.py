"""Runs that were made before: statistics that analyze measured, rankings that rank made."""

from collections.abc import Iterable

from otoscope.errors import InputError
from otoscope.importance.ranking import Floats
from otoscope.models.encoder import Encoder
from otoscope.results import Run
from otoscope.results.schema import HEADS
from otoscope.runs.run_config import model_fingerprint

RANKING = "ranking"


def heads_run(run: Run, encoder: Encoder) -> Run:
    """A run of analyze, found to be of this model, intact. Raises InputError where it is not."""
    if run.kind != HEADS:
        raise InputError(f"{run.path} holds {run.kind}; expected a run that analyze wrote")
    if run.plan["intervention"]["removed"] or run.plan["intervention"]["radius"] is not None:
        raise InputError(f"{run.path} was measured under an intervention; analyze the intact model")
    return _of_model(run, encoder)


def given(run: Run, encoder: Encoder, names: Iterable[str]) -> tuple[dict[str, Floats], Run | None]:
    """Scores of the named rankings that a run of rank holds; no scores but the run itself where analyze wrote it.

    Raises:
        InputError: the run is of another model or kind, or holds no such ranking.
    """
    if run.kind == RANKING:
        return picked(_of_model(run, encoder), names), None
    return {}, heads_run(run, encoder)


def picked(run: Run, names: Iterable[str]) -> dict[str, Floats]:
    """Scores `[layer, head]` of some rankings of a run; `random` stands for all of its seeds.

    Raises:
        InputError: the run holds no such ranking.
    """
    held = [str(name) for name in run.dataset["ranking"].values]
    found: dict[str, Floats] = {}
    for name in names:
        labels = [label for label in held if name in (label, label.rpartition("-")[0])]
        if not labels:
            raise InputError(f"{run.path} holds no ranking '{name}'; it holds {', '.join(held)}")
        found |= {label: run.dataset["score"].sel(ranking=label).values for label in labels}
    return found


def _of_model(run: Run, encoder: Encoder) -> Run:
    if run.plan["model"]["fingerprint"] != model_fingerprint(encoder):
        raise InputError(f"{run.path} was made of another model than {encoder.name}; make one of this model")
    return run
