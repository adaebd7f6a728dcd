"""A comparison as one labelled Dataset of the kind `segmentation`."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import xarray as xr

from otoscope.results.schema import COORDINATES, Variable
from otoscope.segmentation.comparison import COUNTS, MEASURES, compare, scores_of
from otoscope.segmentation.search import SearchResult
from otoscope.segmentation.segmenters import MODES, Segmenter
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.tuning import TunedParameters

Floats = npt.NDArray[np.float64]
KIND = "segmentation"
CURVE = tuple(1.2**step for step in range(-8, 19))  # betas of the precision-recall curve, 0.23 to 26.6

SCORES = ("segmenter", "mode", "measure")
SEGMENTER, HEADS = ("segmenter",), ("model", "layer", "head")
VARIABLES = {
    "scores": Variable(SCORES, "1", "pooled over the test part"),
    "scores_interval": Variable((*SCORES, "bound"), "1", "95 % bootstrap interval over test utterances"),
    "gain": Variable(SEGMENTER, "1", "strict R-value over that of MFCC, on the test part"),
    "gain_interval": Variable((*SEGMENTER, "bound"), "1", "95 % bootstrap interval of the gain, draws shared by both"),
    "curve": Variable(("segmenter", "mode", "curve_beta", "measure"), "1", "pooled over the test part at other betas"),
    "counts": Variable(("utterance", "segmenter", "mode", "count"), "1", "boundaries of each test utterance"),
    "alpha": Variable(SEGMENTER, "1", "kernel width tuned on the validation part, in units of the features"),
    "beta": Variable(SEGMENTER, "1", "threshold over a row's mean, tuned on the validation part"),
    "validation_r_value": Variable(SEGMENTER, "1", "strict R-value on the validation part it was tuned on"),
    "chosen": Variable(SEGMENTER, "1", "layer, layer.head of each head, or rate, that the validation part chose"),
    "owner": Variable(SEGMENTER, "1", "model whose features the method uses; empty where it needs none"),
    "head_r_value": Variable(HEADS, "1", "strict R-value of each head on the validation part"),
    "head_alpha": Variable(HEADS, "1", "alpha tuned for each head"),
    "head_beta": Variable(HEADS, "1", "beta tuned for each head"),
    "vote": Variable(HEADS, "1", "place of the head in the ensemble, from 1; NaN: it has no vote"),
    "layer_r_value": Variable(("model", "layer"), "1", "strict R-value of each representation on the validation part"),
    "ensemble_r_value": Variable(("model", "voters"), "1", "strict R-value of so many heads on the validation part"),
}


def build_dataset(
    segmenters: Sequence[Segmenter],
    counts: npt.NDArray[np.int64],
    test: Sequence[LabelledUtterance],
    found: Sequence[SearchResult],
) -> xr.Dataset:
    """What was found, with coordinates, units and descriptions.

    Args:
        segmenters: rows of the comparison, MFCC first.
        counts: [utterance, method, mode, beta, count]; a method's own beta first, then those of `CURVE`.
        test: utterances of the counts.
        found: of each model.
    """
    compared = compare(counts[:, :, :, 0])
    tuned = [segmenter.tuned for segmenter in segmenters]
    values = {
        "scores": compared.scores,
        "scores_interval": compared.interval,
        "gain": compared.gain,
        "gain_interval": compared.gain_interval,
        "curve": scores_of(counts[:, :, :, 1:].sum(axis=0)),
        "counts": counts[:, :, :, 0],
        "alpha": np.array([each.alpha if each else np.nan for each in tuned]),
        "beta": np.array([each.beta if each else np.nan for each in tuned]),
        "validation_r_value": np.array([each.scores.r_value if each else np.nan for each in tuned]),
        "chosen": np.array([segmenter.chosen for segmenter in segmenters], dtype=object),
        "owner": np.array([segmenter.model for segmenter in segmenters], dtype=object),
        **_searched(found),
    }
    return xr.Dataset(
        {name: xr.Variable(VARIABLES[name].dims, array, VARIABLES[name].attrs) for name, array in values.items()},
        coords=_coordinates(segmenters, test, found),
    )


def _searched(found: Sequence[SearchResult]) -> dict[str, npt.NDArray[Any]]:
    """Arrays of what validation said of every head, layer and ensemble; NaN where a model has no such."""
    shape = tuple(1 + max(head[axis] for one in found for head in one.heads) for axis in (0, 1))
    sizes = _sizes(found)
    return {
        "head_r_value": _filled([_r_values(one.heads) for one in found], shape),
        "head_alpha": _filled([{head: each.alpha for head, each in one.heads.items()} for one in found], shape),
        "head_beta": _filled([{head: each.beta for head, each in one.heads.items()} for one in found], shape),
        "vote": _filled([{head: place for place, head in enumerate(one.voters, 1)} for one in found], shape),
        "layer_r_value": _filled([_r_values(one.layers) for one in found], shape[:1]),
        "ensemble_r_value": np.array([[_r_values(one.ensembles).get(size, np.nan) for size in sizes] for one in found]),
    }


def _r_values(tuned: Mapping[Any, TunedParameters]) -> dict[Any, float]:
    return {key: each.scores.r_value for key, each in tuned.items()}


def _filled(models: Sequence[Mapping[Any, float]], shape: tuple[int, ...]) -> Floats:
    """Values [model, *shape] at their places; NaN elsewhere."""
    filled = np.full((len(models), *shape), np.nan)
    for of_model, values in zip(filled, models, strict=True):
        for place, value in values.items():
            of_model[place] = value
    return filled


def _sizes(found: Sequence[SearchResult]) -> list[int]:
    return sorted({size for one in found for size in one.ensembles})


def _coordinates(
    segmenters: Sequence[Segmenter], test: Sequence[LabelledUtterance], found: Sequence[SearchResult]
) -> dict[str, Any]:
    """Labels of every axis; utterances as every run names them."""
    utterances = {
        "utterance": np.array([one.cut.id for one in test], dtype=object),
        "speaker": np.array([one.speaker for one in test], dtype=object),
        "duration": np.array([one.cut.duration for one in test]),
    }
    own = {
        "segmenter": np.array([segmenter.name for segmenter in segmenters], dtype=object),
        "mode": np.array(MODES, dtype=object),
        "measure": np.array(MEASURES, dtype=object),
        "count": np.array(COUNTS, dtype=object),
        "bound": np.array(["low", "high"], dtype=object),
        "curve_beta": np.array(CURVE),
        "model": np.array([one.model for one in found], dtype=object),
        "voters": np.array(_sizes(found)),
    }
    return own | {
        name: xr.Variable(COORDINATES[name].dims, values, COORDINATES[name].attrs)
        for name, values in utterances.items()
    }
