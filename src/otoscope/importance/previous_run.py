"""Read rankings from a run of rank, or require a run of analyze for its statistics."""

from collections.abc import Iterable, Mapping
from typing import Any

import xarray as xr

from otoscope.attention.interventions import NO_INTERVENTION
from otoscope.errors import InputError
from otoscope.importance.ranking import RankingScores
from otoscope.models.encoder import Encoder
from otoscope.results import Run
from otoscope.results.schema import HEADS
from otoscope.runs.run_config import require_same_model

RANKING = "ranking"
PART_SETTINGS = ("part", "through_layers")


def require_analysis_run(run: Run, encoder: Encoder) -> Run:
    """Return a run of analyze after a check that it describes this model without intervention.

    Raises:
        InputError: another kind of run, an intervention, or another model.
    """
    if run.kind != HEADS:
        raise InputError(f"{run.path} holds {run.kind}; expected a run that analyze wrote")
    if run.plan["intervention"] != NO_INTERVENTION.settings:
        raise InputError(f"{run.path} was measured under an intervention; analyze the intact model")
    require_same_model(run, encoder)
    return run


def scores_from_run(
    run: Run, encoder: Encoder, names: Iterable[str], part: Mapping[str, Any]
) -> tuple[dict[str, RankingScores], Run | None]:
    """Return the scores of rankings in a run of rank; for a run of analyze, return no scores and the run.

    Args:
        run: the run.
        encoder: the encoder of its model.
        names: names of rankings.
        part: the part of the model whose heads it ranks, as `part_settings` describes it.

    Raises:
        InputError: the run describes another model or part, is of another kind, or has no such ranking.
    """
    if {name: run.dataset.attrs[name] for name in PART_SETTINGS if name in run.dataset.attrs} != part:
        raise InputError(
            f"expected a run of rank with the same --part and --through-layers, {run.path} has heads of the "
            f"{run.part}; rank this part"
        )
    if run.kind == RANKING:
        require_same_model(run, encoder)
        return select_rankings(run, names), None
    return {}, require_analysis_run(run, encoder)


def select_rankings(run: Run, names: Iterable[str]) -> dict[str, RankingScores]:
    """Return the scores of some rankings of a run by label; `random` means all of its seeds.

    Raises:
        InputError: the run has no such ranking.
    """
    dataset = run.dataset
    scores_by_label = {str(label): _scores(dataset.sel(ranking=label)) for label in dataset["ranking"].values}
    selected: dict[str, RankingScores] = {}
    for name in names:
        matches = {label: scores for label, scores in scores_by_label.items() if name in (label, scores.name)}
        if not matches:
            raise InputError(f"{run.path} holds no ranking '{name}'; it holds {', '.join(scores_by_label)}")
        selected |= matches
    return selected


def _scores(ranking: xr.Dataset) -> RankingScores:
    return RankingScores(
        ranking["score"].values, str(ranking["ranking_name"].item()), bool(ranking["is_control"].item())
    )
