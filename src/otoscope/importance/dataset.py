"""Rankings of a run as one Dataset with named dimensions."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from otoscope.importance.agreement import spearman
from otoscope.importance.ranking import RankingScores, SeededRanking, ordinal_ranks
from otoscope.results.intervals import interval, mean_estimate
from otoscope.results.schema import INTERVAL, Variable, labelled
from otoscope.statistics.clusters import Clusters
from otoscope.typing import Floats

RANKING_TEXTS = ("doc", "units", "source", "prunable_end")
VARIABLES = {
    "score": Variable(("ranking", "layer", "head"), "as `units` says", "what the ranking orders heads by"),
    "score_interval": Variable(
        ("ranking", "layer", "head", "bound"), "as `units` says", f"{INTERVAL}; NaN where no utterance has a score"
    ),
    "score_rows": Variable(
        ("ranking", "utterance", "layer", "head"),
        "as `units` says",
        "what each utterance contributes, whose mean is the score; NaN where not measured",
    ),
    "rank": Variable(
        ("ranking", "layer", "head"), "1", "place in the ranking: 1 has the highest score, each place once"
    ),
    "agreement": Variable(("ranking", "other"), "1", "Spearman's rank correlation of two rankings"),
    "doc": Variable(("ranking",), "1", "what the score is, and which heads come first"),
    "units": Variable(("ranking",), "1", "units of the score"),
    "source": Variable(("ranking",), "1", "where the ranking was published"),
    "prunable_end": Variable(("ranking",), "1", "scores of heads that a model is expected to do without: high or low"),
    "loss_name": Variable(("ranking",), "1", "loss that the score follows from; empty: none"),
    "ranking_name": Variable(("ranking",), "1", "name of the ranking, without its seed"),
    "is_control": Variable(("ranking",), "1", "whether the ranking uses nothing of the model"),
}


def ranking_dataset(
    scores: Mapping[str, RankingScores],
    rankings: Mapping[str, SeededRanking],
    clusters: Clusters,
    loss_name: str | None = None,
) -> xr.Dataset:
    """Return the scores of rankings by label, with intervals, ranks and agreement, with named dimensions.

    Args:
        scores: scores by label.
        rankings: rankings by label.
        clusters: cluster of each utterance.
        loss_name: loss of the rankings that need one.
    """
    rank_rlh = np.stack([ordinal_ranks(score.values) for score in scores.values()])
    rows_ulh = [_rows(score, clusters) for score in scores.values()]
    values = {
        "score": np.stack([score.values for score in scores.values()]),
        "score_interval": np.stack([interval(mean_estimate(rows, clusters)) for rows in rows_ulh]),
        "score_rows": np.stack(rows_ulh),
        "rank": rank_rlh,
        "agreement": spearman(rank_rlh),
        "loss_name": _texts(loss_name or "" if seeded.ranking.needs_loss else "" for seeded in rankings.values()),
        **identity_variables(scores),
    }
    for field in RANKING_TEXTS:
        values[field] = _texts(getattr(seeded.ranking, field) for seeded in rankings.values())
    variables = labelled(VARIABLES, values)
    coords = {"ranking": _texts(scores), "other": _texts(scores), "bound": _texts(("low", "high"))}
    return xr.Dataset(variables, coords, {"clusters": clusters.text})


def _rows(scores: RankingScores, clusters: Clusters) -> Floats:
    """Return what each utterance contributes, `[utterance, layer, head]`; NaN where that is unknown."""
    unknown = np.full((len(clusters.names), *scores.values.shape), np.nan)
    return unknown if scores.rows is None else scores.rows


def _texts(texts: Iterable[str]) -> NDArray[Any]:
    return np.array(list(texts), dtype=object)


def identity_variables(scores: Mapping[str, RankingScores]) -> dict[str, NDArray[Any]]:
    """Return the variables that name each ranking without its seed, and mark controls."""
    return {
        "ranking_name": _texts(score.name for score in scores.values()),
        "is_control": np.array([score.is_control for score in scores.values()], dtype=bool),
    }
