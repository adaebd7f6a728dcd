"""Which heads of a model segment best: all are tuned on the validation part, none is picked by eye."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.phones import LabelFrames
from otoscope.runs.cache import kept
from otoscope.runs.progress import progress
from otoscope.segmentation.boundaries import BoundaryScores
from otoscope.segmentation.detector import label_rows
from otoscope.segmentation.feature_methods import Head, Method, best_head, ensemble, label_frames, representation
from otoscope.segmentation.split import Utterance
from otoscope.segmentation.tuning import Labelled, Tuned, tune, typical_distance

Key = TypeVar("Key")

SIZES = (2, 3, 4, 6, 8, 12)  # numbers of heads whose ensemble is tried


@dataclass(frozen=True)
class Found:
    """What a model's validation part said; heads and layers whose features do not vary over time are not there.

    Attributes:
        model: its name.
        heads: every head, the best first.
        layers: every layer's representation.
        ensembles: so many of the best heads together.
        methods: the best representation, the best head and the best ensemble, each with its alpha and beta.
    """

    model: str
    heads: Mapping[Head, Tuned]
    layers: Mapping[int, Tuned]
    ensembles: Mapping[int, Tuned]
    methods: Sequence[tuple[Method, Tuned]]

    @property
    def voters(self) -> list[Head]:
        """Heads of the best ensemble, the best head first."""
        return list(self.heads)[: best(self.ensembles)]

    @property
    def head(self) -> Head:
        """The best."""
        return best(self.heads)


def search(encoder: Encoder, part: Sequence[Utterance], tolerance: float, folder: Path) -> Found:
    """Tune every head and layer, and choose those of the highest R-value; a layer that is done is kept in `folder`.

    Raises:
        InputError: not one head's attention varies over time.
    """
    tuned = list(_tuned_layers(encoder, part, tolerance, folder))
    layers = {layer: of_layer for layer, (*_, of_layer) in enumerate(tuned) if of_layer}
    heads = {(layer, head): one for layer, (*ofs, _) in enumerate(tuned) for head, one in enumerate(ofs) if one}
    if not heads or not layers:
        raise InputError(f"no head of {encoder.name} attends differently over time; its attention finds no phones")
    heads = dict(sorted(heads.items(), key=lambda item: -item[1].scores.r_value))
    ensembles = tune_ensembles(encoder, heads, part, tolerance)
    layer, head, size = best(layers), best(heads), best(ensembles)
    units = {voter: heads[voter].unit for voter in list(heads)[:size]}
    methods = (
        (representation(encoder, layer), layers[layer]),
        (best_head(encoder, head), heads[head]),
        (ensemble(encoder, units), ensembles[size]),
    )
    return Found(encoder.name, heads, layers, ensembles, methods)


def best(tuned: Mapping[Key, Tuned]) -> Key:
    """What has the highest R-value; of equal ones the first."""
    return max(tuned, key=lambda key: tuned[key].scores.r_value)


def tune_layer(encoder: Encoder, layer: int, part: Sequence[Utterance], tolerance: float) -> list[Tuned | None]:
    """Tune every head of a layer, then its representation; the layer's maps of the whole part are held at a time."""
    frames = label_frames(encoder)
    maps = [encoder.maps(utterance.cut, [layer])[layer] for utterance in part]
    heads = [[label_rows(of_heads[head], frames.repeat) for of_heads in maps] for head in range(encoder.n_heads[layer])]
    states = [encoder.representations(utterance.cut)[layer] for utterance in part]
    return [_tune(features, part, frames, tolerance) for features in (*heads, states)]


def tune_ensembles(
    encoder: Encoder, heads: Mapping[Head, Tuned], part: Sequence[Utterance], tolerance: float
) -> dict[int, Tuned]:
    """The first so many of `heads` together, each number of them tuned; as many as there are where they are few."""
    sizes = [size for size in SIZES if size <= len(heads)] or [len(heads)]
    largest = ensemble(encoder, {head: heads[head].unit for head in list(heads)[: sizes[-1]]})
    views = [largest.features(utterance.cut) for utterance in part]
    tuned = {size: _tune([of_heads[:size] for of_heads in views], part, largest.frames, tolerance) for size in sizes}
    return {size: one for size, one in tuned.items() if one}


def _tuned_layers(
    encoder: Encoder, part: Sequence[Utterance], tolerance: float, folder: Path
) -> Iterator[list[Tuned | None]]:
    seconds = sum(utterance.cut.duration for utterance in part)
    with progress(f"tuning {encoder.n_layers} layers", encoder.n_layers * seconds) as advance:
        for layer in range(encoder.n_layers):
            arrays = kept(folder / f"{layer}.npz", partial(_tuned_arrays, encoder, layer, part, tolerance))
            yield _from_array(arrays["tuned"])
            advance(seconds)


def _tune(
    features: Sequence[npt.NDArray[np.floating]], part: Sequence[Utterance], frames: LabelFrames, tolerance: float
) -> Tuned | None:
    """None where features do not vary over time."""
    labelled = [Labelled(of, utterance.boundaries) for of, utterance in zip(features, part, strict=True)]
    return tune(labelled, frames, tolerance) if typical_distance(labelled) > 0 else None


def _tuned_arrays(
    encoder: Encoder, layer: int, part: Sequence[Utterance], tolerance: float
) -> dict[str, npt.NDArray[np.float64]]:
    """One row for each head and the representation: alpha, beta, unit, then the scores; NaN for None."""
    tuned, nothing = tune_layer(encoder, layer, part, tolerance), (np.nan,) * 8
    rows = [(one.alpha, one.beta, one.unit, *astuple(one.scores)) if one else nothing for one in tuned]
    return {"tuned": np.array(rows)}


def _from_array(rows: npt.NDArray[np.float64]) -> list[Tuned | None]:
    return [
        None if np.isnan(alpha) else Tuned(alpha, beta, BoundaryScores(*scores), unit)
        for alpha, beta, unit, *scores in rows.tolist()
    ]
