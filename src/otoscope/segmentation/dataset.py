"""Dataset of a comparison, of the kind `segmentation`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr

from otoscope.results.intervals import LOGIT, estimate, interval
from otoscope.results.schema import COORDINATES, INTERVAL, NO_INTERVAL, Variable, labelled
from otoscope.segmentation.compared_methods import MODES, ComparedMethod, UtteranceScores
from otoscope.segmentation.comparison import COUNTS, MEASURES, STRICT, compare, scores_of
from otoscope.segmentation.feature_methods import Head
from otoscope.segmentation.search import SearchResult
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.tokens import TOKEN_COUNTS, TOKEN_MEASURES, token_scores
from otoscope.segmentation.tuning import TunedParameters
from otoscope.statistics.clusters import Clusters, group_sums, make_clusters
from otoscope.typing import Array, Floats, Ints

KIND = "segmentation"
CURVE = tuple(1.2**step for step in range(-8, 19))  # betas of the precision-recall curve, 0.23 to 26.6

SCORES = ("segmenter", "mode", "measure")
SEGMENTER, HEADS = ("segmenter",), ("model", "layer", "head")
VARIABLES = {
    "scores": Variable(SCORES, "1", "pooled over the test part"),
    "scores_interval": Variable((*SCORES, "bound"), "1", f"{INTERVAL} (test part); {NO_INTERVAL}"),
    "gain": Variable(SEGMENTER, "1", "strict R-value minus that of MFCC, on the test part"),
    "gain_interval": Variable((*SEGMENTER, "bound"), "1", f"{INTERVAL} (test part): the gain, paired; {NO_INTERVAL}"),
    "curve": Variable(("segmenter", "mode", "curve_beta", "measure"), "1", "pooled over the test part at other betas"),
    "counts": Variable(("utterance", "segmenter", "mode", "count"), "1", "boundaries of each test utterance"),
    "token_counts": Variable(
        ("utterance", "segmenter", "token_count"), "1", "units of each test utterance, by both ends"
    ),
    "token_scores": Variable(
        ("segmenter", "token_measure"), "1", "units with both ends right, pooled over the test part"
    ),
    "token_interval": Variable(
        ("segmenter", "token_measure", "bound"), "1", f"{INTERVAL} (test part): token_scores; {NO_INTERVAL}"
    ),
    "distance": Variable(SEGMENTER, "s", "mean absolute distance of strict matches from their references, test part"),
    "nearest_distance": Variable(
        SEGMENTER, "s", "mean absolute distance of every boundary from the nearest reference, test part"
    ),
    "alpha": Variable(SEGMENTER, "1", "kernel width tuned on the validation part, in units of the features"),
    "beta": Variable(SEGMENTER, "1", "threshold over a row's mean, tuned on the validation part"),
    "validation_r_value": Variable(SEGMENTER, "1", "strict R-value on the validation part"),
    "method": Variable(SEGMENTER, "1", "name of the method, the same for both models"),
    "is_against": Variable(SEGMENTER, "1", "whether the features are those of the model of --against"),
    "chosen": Variable(SEGMENTER, "1", "layer, layer.head of each head, or rate, that the validation part chose"),
    "feature_model": Variable(SEGMENTER, "1", "model whose features the method uses; empty if it needs none"),
    "head_r_value": Variable(HEADS, "1", "strict R-value of each head on the validation part"),
    "head_alpha": Variable(HEADS, "1", "alpha tuned for each head"),
    "head_beta": Variable(HEADS, "1", "beta tuned for each head"),
    "ensemble_rank": Variable(HEADS, "1", "rank of the head in the ensemble, from 1; NaN if it is not in the ensemble"),
    "layer_r_value": Variable(("model", "layer"), "1", "strict R-value of each representation on the validation part"),
    "ensemble_r_value": Variable(
        ("model", "voters"), "1", "strict R-value of an ensemble of so many heads on the validation part"
    ),
}


def build_dataset(
    segmenters: Sequence[ComparedMethod],
    scores: Sequence[Sequence[UtteranceScores]],
    test: Sequence[LabelledUtterance],
    results: Sequence[SearchResult],
) -> xr.Dataset:
    """Build the Dataset of a comparison, with coordinates, units and descriptions.

    Args:
        segmenters: rows of the comparison, MFCC first.
        scores: scores of each utterance and method, in this order; betas are the tuned one, then those of `CURVE`.
        test: utterances of the counts.
        results: search result of each model.
    """
    counts = np.array([[own.counts for own in utterance] for utterance in scores])
    clusters = make_clusters([u.speaker for u in test], [u.cut.id for u in test])
    compared = compare(counts[:, :, :, 0], clusters)
    tuned = [segmenter.tuned for segmenter in segmenters]
    values = {
        "scores": compared.scores,
        "scores_interval": compared.interval,
        "gain": compared.gain,
        "gain_interval": compared.gain_interval,
        "curve": scores_of(counts[:, :, :, 1:].sum(axis=0)),
        "counts": counts[:, :, :, 0],
        **_token_arrays(scores, clusters),
        **_mean_distances(scores, counts),
        "alpha": np.array([parameters.alpha if parameters else np.nan for parameters in tuned]),
        "beta": np.array([parameters.beta if parameters else np.nan for parameters in tuned]),
        "validation_r_value": np.array([parameters.scores.r_value if parameters else np.nan for parameters in tuned]),
        **_method_names(segmenters),
        **_search_arrays(results),
    }
    return xr.Dataset(
        labelled(VARIABLES, values),
        coords=_coordinates(segmenters, test, results),
        attrs={"clusters": clusters.text},
    )


def _token_arrays(scores: Sequence[Sequence[UtteranceScores]], clusters: Clusters) -> dict[str, Array]:
    """Return counts and scores of tokens."""
    counts_umc = np.array([[own.tokens for own in utterance] for utterance in scores])
    pooled = estimate(token_scores, clusters.key, group_sums(counts_umc, clusters))
    return {"token_counts": counts_umc, "token_scores": pooled.value, "token_interval": interval(pooled, LOGIT)}


def _mean_distances(scores: Sequence[Sequence[UtteranceScores]], counts: Ints) -> dict[str, Array]:
    """Return the mean distances `[method]` of strict matches and of all boundaries; NaN without one."""
    sums_umd = np.array([[(own.distance, own.nearest_distance) for own in utterance] for utterance in scores])
    numbers_md = counts[:, :, STRICT, 0, [COUNTS.index("hits"), COUNTS.index("predicted")]].sum(axis=0)
    with np.errstate(invalid="ignore"):
        means_md = np.nansum(sums_umd, axis=0) / np.where(numbers_md > 0, numbers_md, np.nan)
    return {"distance": means_md[:, 0], "nearest_distance": means_md[:, 1]}


def _method_names(segmenters: Sequence[ComparedMethod]) -> dict[str, Array]:
    return {
        "method": np.array([segmenter.method for segmenter in segmenters], dtype=object),
        "is_against": np.array([segmenter.is_against for segmenter in segmenters], dtype=bool),
        "chosen": np.array([segmenter.chosen for segmenter in segmenters], dtype=object),
        "feature_model": np.array([segmenter.model for segmenter in segmenters], dtype=object),
    }


def _search_arrays(results: Sequence[SearchResult]) -> dict[str, Array]:
    """Return arrays of validation scores and parameters; NaN where a model has no such head, layer or ensemble."""
    shape = tuple(1 + max(head[axis] for result in results for head in result.heads) for axis in (0, 1))
    sizes = _sizes(results)
    return {
        "head_r_value": _fill([_r_values(result.heads) for result in results], shape),
        "head_alpha": _fill([{head: tuned.alpha for head, tuned in result.heads.items()} for result in results], shape),
        "head_beta": _fill([{head: tuned.beta for head, tuned in result.heads.items()} for result in results], shape),
        "ensemble_rank": _fill([_ranks(result.voters) for result in results], shape),
        "layer_r_value": _fill([_r_values(result.layers) for result in results], shape[:1]),
        "ensemble_r_value": np.array(
            [[_r_values(result.ensembles).get(size, np.nan) for size in sizes] for result in results]
        ),
    }


def _ranks(heads: Sequence[Head]) -> dict[Head, int]:
    """Return the rank of each head of an ensemble, from 1."""
    return {head: rank for rank, head in enumerate(heads, start=1)}


def _r_values(tuned: Mapping[Any, TunedParameters]) -> dict[Any, float]:
    return {key: parameters.scores.r_value for key, parameters in tuned.items()}


def _fill(models: Sequence[Mapping[Any, float]], shape: tuple[int, ...]) -> Floats:
    """Return an array `[model, *shape]` with each value at its index; NaN elsewhere."""
    array = np.full((len(models), *shape), np.nan)
    for row, values in zip(array, models, strict=True):
        for index, value in values.items():
            row[index] = value
    return array


def _sizes(results: Sequence[SearchResult]) -> list[int]:
    return sorted({size for result in results for size in result.ensembles})


def _coordinates(
    segmenters: Sequence[ComparedMethod], test: Sequence[LabelledUtterance], results: Sequence[SearchResult]
) -> dict[str, Any]:
    """Return the labels of every axis; those of utterances have the names that every run uses."""
    utterances = {
        "utterance": np.array([utterance.cut.id for utterance in test], dtype=object),
        "speaker": np.array([utterance.speaker for utterance in test], dtype=object),
        "duration": np.array([utterance.cut.duration for utterance in test]),
    }
    labels = {
        "segmenter": np.array([segmenter.label for segmenter in segmenters], dtype=object),
        "mode": np.array(MODES, dtype=object),
        "measure": np.array(MEASURES, dtype=object),
        "count": np.array(COUNTS, dtype=object),
        "token_count": np.array(TOKEN_COUNTS, dtype=object),
        "token_measure": np.array(TOKEN_MEASURES, dtype=object),
        "bound": np.array(["low", "high"], dtype=object),
        "curve_beta": np.array(CURVE),
        "model": np.array([result.model for result in results], dtype=object),
        "voters": np.array(_sizes(results)),
    }
    return labels | labelled(COORDINATES, utterances)
