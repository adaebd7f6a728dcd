"""Search for the heads of a model that segment best: the search tunes all of them on the validation part."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import TypeVar

import numpy as np

from otoscope.errors import InputError
from otoscope.models.attention_maps import maps_and_representations
from otoscope.models.encoder import Encoder
from otoscope.phones import LabelFrames
from otoscope.segmentation.boundaries import BoundaryScores
from otoscope.segmentation.feature_methods import (
    Head,
    Method,
    ModelReader,
    best_head,
    ensemble,
    label_frames,
    representation,
)
from otoscope.segmentation.kernel_gram_detector import label_rows
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.tuning import LabelledFeatures, TunedParameters, tune, typical_distance
from otoscope.typing import AnyFloats, Floats

Key = TypeVar("Key")

COLUMNS = ("alpha", "beta", "unit", "precision", "recall", "f1", "over_segmentation", "r_value")
"""Columns of the array that stores the tuning of a layer."""
ENSEMBLE_SIZES = (2, 3, 4, 6, 8, 12)
"""Numbers of heads of the ensembles that the search tunes."""
MAX_MAP_BYTES = 2 * 2**30
"""Most bytes of the maps that the search holds; with more, the model runs once for each group of layers."""


@dataclass(frozen=True)
class SearchResult:
    """Tuned parameters of a model, without the heads and layers whose features do not vary over time.

    Attributes:
        model: name of the model.
        heads: parameters of every head, the best head first.
        layers: parameters of the representation of every layer.
        ensembles: parameters of the ensemble of the best heads, for each number of heads.
        methods: the best representation, the best head and the best ensemble, each with its parameters.
    """

    model: str
    heads: Mapping[Head, TunedParameters]
    layers: Mapping[int, TunedParameters]
    ensembles: Mapping[int, TunedParameters]
    methods: Sequence[tuple[Method, TunedParameters]]

    @property
    def voters(self) -> list[Head]:
        """Return the heads of the best ensemble, the best head first."""
        return list(self.heads)[: best(self.ensembles)]

    @property
    def head(self) -> Head:
        """Return the best head."""
        return best(self.heads)


@dataclass(frozen=True)
class LayerTuning:
    """Tuned parameters of one layer; None for features that do not vary over time.

    Attributes:
        heads: parameters of each head.
        representation: parameters of the hidden states that the layer returns.
    """

    heads: Sequence[TunedParameters | None]
    representation: TunedParameters | None

    def to_array(self) -> Floats:
        """Return an array `[heads + 1, COLUMNS]`: one row per head, then the representation; None is a row of NaN."""
        return np.array([_to_row(tuned) for tuned in (*self.heads, self.representation)])

    @classmethod
    def from_array(cls, rows: Floats) -> "LayerTuning":
        """Return the tuning that `to_array` stored.

        Examples:
            >>> LayerTuning.from_array(LayerTuning([None], None).to_array())
            LayerTuning(heads=(None,), representation=None)
        """
        *heads, representation = (_from_row(row) for row in rows.tolist())
        return cls(tuple(heads), representation)


def search(
    encoder: Encoder, tunings: Sequence[LayerTuning], part: Sequence[LabelledUtterance], tolerance: float
) -> SearchResult:
    """Choose the heads and layers with the highest R-value.

    Args:
        encoder: the model.
        tunings: tuned parameters of each layer.
        part: utterances of the validation part.
        tolerance: tolerance of the R-value in seconds.

    Raises:
        InputError: no head's attention, or no layer's representation, varies over time.
    """
    layers = {layer: tuning.representation for layer, tuning in enumerate(tunings) if tuning.representation}
    heads = {
        (layer, head): parameters
        for layer, tuning in enumerate(tunings)
        for head, parameters in enumerate(tuning.heads)
        if parameters
    }
    if not heads or not layers:
        raise InputError(
            f"expected attention that varies over time, found none in the heads of {encoder.name}; use a trained model"
        )
    heads = dict(sorted(heads.items(), key=lambda item: -item[1].scores.r_value))
    ensembles = tune_ensembles(encoder, heads, part, tolerance)
    layer, head, size = best(layers), best(heads), best(ensembles)
    units = {member: heads[member].unit for member in list(heads)[:size]}
    reader = ModelReader(encoder, {member_layer for member_layer, _ in units})
    methods = (
        (representation(reader, layer), layers[layer]),
        (best_head(reader, head), heads[head]),
        (ensemble(reader, units), ensembles[size]),
    )
    return SearchResult(encoder.name, heads, layers, ensembles, methods)


def best(tuned: Mapping[Key, TunedParameters]) -> Key:
    """Return the key with the highest R-value, the first of equal ones."""
    return max(tuned, key=lambda key: tuned[key].scores.r_value)


@dataclass(frozen=True, eq=False)
class LayerFeatures:
    """Maps `[H, T, T]` and hidden states `[T, d]` of one layer, for each utterance."""

    maps: list[AnyFloats]
    states: list[AnyFloats]


def tune_layer(
    features: LayerFeatures, part: Sequence[LabelledUtterance], frames: LabelFrames, tolerance: float
) -> LayerTuning:
    """Tune every head of a layer and its representation."""
    heads = range(len(features.maps[0]))
    rows = ([label_rows(maps_h[head], frames.repeat) for maps_h in features.maps] for head in heads)
    tuned_heads = tuple(_tune(head_rows, part, frames, tolerance) for head_rows in rows)
    return LayerTuning(tuned_heads, _tune(features.states, part, frames, tolerance))


def tune_ensembles(
    encoder: Encoder, heads: Mapping[Head, TunedParameters], part: Sequence[LabelledUtterance], tolerance: float
) -> dict[int, TunedParameters]:
    """Tune ensembles of the first heads, one for each size; all heads if there are fewer than the smallest size."""
    sizes = [size for size in ENSEMBLE_SIZES if size <= len(heads)] or [len(heads)]
    units = {head: heads[head].unit for head in list(heads)[: sizes[-1]]}
    largest = ensemble(ModelReader(encoder, {layer for layer, _ in units}), units)
    views = [largest.features(utterance.cut) for utterance in part]
    tuned = {size: _tune([view_n[:size] for view_n in views], part, largest.frames, tolerance) for size in sizes}
    return {size: parameters for size, parameters in tuned.items() if parameters}


@dataclass(eq=False)
class LayerReader:
    """Reads the features of the layers of a model: of several at a time, those whose maps fit in memory.

    The only state is the last group of layers, which `read` replaces.
    """

    encoder: Encoder
    part: Sequence[LabelledUtterance]
    _features: dict[int, LayerFeatures] = field(default_factory=dict)

    def read(self, layer: int) -> LayerFeatures:
        """Return the features of a layer for all utterances."""
        if layer not in self._features:
            self._features = {}  # the memory of the last group is free before the next is read
            group = next(layers for layers in layer_groups(self.encoder, self.part) if layer in layers)
            self._features = read_layers(self.encoder, self.part, group[group.index(layer) :])
        return self._features[layer]

    def tune(self, layer: int, tolerance: float) -> LayerTuning:
        """Return the tuned parameters of a layer."""
        return tune_layer(self.read(layer), self.part, label_frames(self.encoder), tolerance)


def layer_groups(encoder: Encoder, part: Sequence[LabelledUtterance]) -> list[list[int]]:
    """Return the layers in groups; the maps of a group, for all utterances, take at most `MAX_MAP_BYTES` if possible.

    Examples:
        >>> from types import SimpleNamespace
        >>> encoder = SimpleNamespace(n_layers=3, n_heads=(8, 8, 8), frame_period=0.02)
        >>> minute = SimpleNamespace(cut=SimpleNamespace(duration=60.0))
        >>> layer_groups(encoder, [minute])
        [[0, 1, 2]]
    """
    pairs = sum((utterance.cut.duration / encoder.frame_period) ** 2 for utterance in part)
    size = max(1, int(MAX_MAP_BYTES / (4 * max(encoder.n_heads) * pairs)))
    return [list(range(start, min(start + size, encoder.n_layers))) for start in range(0, encoder.n_layers, size)]


def read_layers(encoder: Encoder, part: Sequence[LabelledUtterance], layers: Sequence[int]) -> dict[int, LayerFeatures]:
    """Return the features of some layers for all utterances, from one run of the model on each."""
    features = {layer: LayerFeatures([], []) for layer in layers}
    for utterance in part if layers else ():
        maps, states = maps_and_representations(encoder, utterance.cut, layers)
        for layer in layers:
            features[layer].maps.append(maps[layer])
            features[layer].states.append(states[layer])
    return features


def _tune(
    features: Sequence[AnyFloats],
    part: Sequence[LabelledUtterance],
    frames: LabelFrames,
    tolerance: float,
) -> TunedParameters | None:
    """Tune features; return None if they do not vary over time."""
    labelled = [LabelledFeatures(array, utterance.boundaries) for array, utterance in zip(features, part, strict=True)]
    return tune(labelled, frames, tolerance) if typical_distance(labelled) > 0 else None


def _to_row(tuned: TunedParameters | None) -> tuple[float, ...]:
    if tuned is None:
        return (np.nan,) * len(COLUMNS)
    return (tuned.alpha, tuned.beta, tuned.unit, *astuple(tuned.scores))


def _from_row(row: Sequence[float]) -> TunedParameters | None:
    alpha, beta, unit, *scores = row
    return None if np.isnan(alpha) else TunedParameters(alpha, beta, BoundaryScores(*scores), unit)
