"""Curves of a run as one Dataset with named dimensions."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from otoscope.importance.dataset import VARIABLES as RANKING_VARIABLES
from otoscope.importance.dataset import identity_variables
from otoscope.importance.ranking import RankingScores, ordinal_ranks
from otoscope.probing.probe import VARIABLES as PROBE_VARIABLES
from otoscope.probing.probe import probe_variables
from otoscope.probing.scorer import Probe, Scorer
from otoscope.pruning.curves import Curves, Scores, curves, scores_of
from otoscope.pruning.schedule import DIRECTIONS, ROW_NORMALISATIONS, PruningSchedule
from otoscope.results.schema import INTERVAL, Variable, labelled
from otoscope.statistics.clusters import Clusters
from otoscope.typing import Floats

HEADS, SPANS = ("probe", "ranking", "direction", "step"), ("probe", "rows", "radius")
BY_KIND = ("probe", "ablation", *HEADS[1:])
UNITS = "as `metric` says"


def _family(prefix: str, dims: tuple[str, ...], along: str, first: str) -> dict[str, Variable]:
    """Return the variables of curves whose steps are the last of `dims`."""
    interval = f"{INTERVAL} and over seeds: "
    docs = {"score": "score of the probe", "change": "score minus that of the intact model"}
    area = f"area under the curve over {along}, from 0 to 1: a mean score"
    values = {f"{prefix}{name}": Variable(dims, UNITS, doc) for name, doc in docs.items()}
    intervals = {
        f"{prefix}{name}_interval": Variable((*dims, "bound"), UNITS, interval + doc) for name, doc in docs.items()
    }
    return (
        values
        | intervals
        | {
            f"{prefix}area": Variable(dims[:-1], UNITS, area),
            f"{prefix}area_interval": Variable((*dims[:-1], "bound"), UNITS, interval + area),
            f"{prefix}first_drop": Variable(
                dims[:-1], "1", f"{first} where the score is first significantly worse; NaN: nowhere"
            ),
        }
    )


VARIABLES = {
    **_family("", HEADS, "the share of heads removed", "number of heads removed"),
    **_family("ablation_", BY_KIND, "the share of heads removed", "number of heads removed"),
    **_family("span_", SPANS, "the steps of the span", "radius in frames"),
    **{name: PROBE_VARIABLES[name] for name in ("doc", "metric", "higher_is_better", "count")},
    "total": Variable(("probe", "intervention", "seed", "utterance"), UNITS, "sum over the utterance's frames"),
    "majority": Variable(("probe",), UNITS, "score of always guessing the commonest class; NaN where there are none"),
    **{name: RANKING_VARIABLES[name] for name in ("rank", "ranking_name", "is_control")},
    "place": Variable(("ranking", "direction", "step"), "1", "which intervention a step is"),
    "ablation_place": Variable(BY_KIND[1:], "1", "which intervention a step is, by each kind of ablation"),
    "span_place": Variable(("rows", "radius"), "1", "which intervention a span is"),
    "removed": Variable(("step",), "heads", "number of heads removed"),
}


def curve_dataset(
    schedule: PruningSchedule,
    rankings: Mapping[str, RankingScores],
    probes: Mapping[str, Probe],
    scorers: Mapping[str, Scorer],
    sums: Mapping[str, Floats],
    clusters: Clusters,
) -> xr.Dataset:
    """Return the curves of all probes through the interventions of a schedule.

    Args:
        schedule: the interventions and the curves through them.
        rankings: scores of the heads by label of the ranking.
        probes: probes by name.
        scorers: scorer of each probe.
        sums: sums `[intervention, seed, utterance]` of each probe.
        clusters: cluster of each utterance.
    """
    scores = _probe_scores(probes, scorers, sums, clusters)
    heads = [curves(probe_scores, schedule.heads, schedule.removed / schedule.removed[-1]) for probe_scores in scores]
    values = probe_variables(probes, scorers) | {
        **_stacked("", heads, schedule.removed.astype(float)),
        **_by_kind(scores, schedule),
        **_spans(scores, schedule),
        "total": np.stack([sums[name] for name in probes]),
        "majority": np.array([_majority(scorers[name]) for name in probes]),
        "rank": np.stack([ordinal_ranks(scores.values) for scores in rankings.values()]),
        **identity_variables(rankings),
        "place": schedule.heads,
        "removed": schedule.removed,
    }
    labels: dict[str, Sequence[str]] = {
        "probe": list(probes),
        "ranking": list(rankings),
        "direction": DIRECTIONS,
        "ablation": schedule.ablations,
        "rows": ROW_NORMALISATIONS,
        "bound": ("low", "high"),
    }
    coords: dict[str, Any] = {name: np.array(values, dtype=object) for name, values in labels.items()}
    coords |= {"radius": schedule.radius, "step": np.arange(len(schedule.removed))}
    variables = labelled(VARIABLES, values)
    return xr.Dataset(variables, coords, {"clusters": clusters.text})


def _probe_scores(
    probes: Mapping[str, Probe], scorers: Mapping[str, Scorer], sums: Mapping[str, Floats], clusters: Clusters
) -> list[Scores]:
    return [
        scores_of(sums[name], scorers[name].count, probe.higher_is_better, clusters) for name, probe in probes.items()
    ]


def _by_kind(scores: Sequence[Scores], schedule: PruningSchedule) -> dict[str, NDArray[Any]]:
    """Return the variables of the curves of each kind of ablation, if there are several."""
    if len(schedule.ablations) == 1:
        return {}
    share = schedule.removed / schedule.removed[-1]
    of_kinds = [curves(probe_scores, schedule.by_kind, share) for probe_scores in scores]
    stacked = _stacked("ablation_", of_kinds, schedule.removed.astype(float))
    return {**stacked, "ablation_place": schedule.by_kind}


def _spans(scores: Sequence[Scores], schedule: PruningSchedule) -> dict[str, NDArray[Any]]:
    """Return the variables of the curves over spans, if the schedule contains spans."""
    if len(schedule.radius) == 1:
        return {}
    share = np.linspace(0, 1, len(schedule.radius))
    spans = [curves(probe_scores, schedule.spans, share) for probe_scores in scores]
    return {**_stacked("span_", spans, schedule.radius), "span_place": schedule.spans}


def _stacked(prefix: str, probe_curves: list[Curves], steps: Floats) -> dict[str, NDArray[Any]]:
    """Return the variables of the curves of every probe; a drop has the value of its step on the axis."""
    names = ("score", "score_interval", "change", "change_interval", "area", "area_interval")
    values = {f"{prefix}{name}": np.stack([getattr(curve, name) for curve in probe_curves]) for name in names}
    first = np.stack([curve.first_drop for curve in probe_curves])
    return values | {f"{prefix}first_drop": np.where(first < 0, np.nan, steps[first])}


def _majority(scorer: Scorer) -> float:
    return float(scorer.majority.sum(-1).mean() / scorer.count.sum())
