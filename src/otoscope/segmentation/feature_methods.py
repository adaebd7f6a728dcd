"""Features in which the detector looks for boundaries: spectral frames, representations, and attention of heads."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from lhotse import MonoCut

from otoscope.corpus import load_audio
from otoscope.models.attention_maps import maps_and_representations
from otoscope.models.encoder import Encoder
from otoscope.phones import DEFAULT_LABEL_FRAMES, LabelFrames
from otoscope.segmentation.kernel_gram_detector import label_rows
from otoscope.segmentation.spectral import log_mel, mfcc
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.tuning import LabelledFeatures
from otoscope.typing import AnyFloats, Floats

SPECTRAL_SAMPLE_RATE = 16000
"""Sampling rate in Hz of the audio of spectral frames, for every model."""
Head = tuple[int, int]


@dataclass(frozen=True)
class Method:
    """Features of an utterance and the times of their frames.

    Attributes:
        name: name in tables.
        features: function from a cut to its features `[T, d]`, or `[n, T, d]` for an ensemble of n heads.
        frames: label frames that fill the frames of the features.
        model: name of the model that computes the features; empty for spectral features.
        chosen: layer or heads of the model.
    """

    name: str
    features: Callable[[MonoCut], AnyFloats]
    frames: LabelFrames = DEFAULT_LABEL_FRAMES
    model: str = ""
    chosen: str = ""

    def labelled(self, part: Sequence[LabelledUtterance]) -> list[LabelledFeatures]:
        """Return the features and reference boundaries of each utterance."""
        return [LabelledFeatures(self.features(utterance.cut), utterance.boundaries) for utterance in part]


MFCC = Method("MFCC", lambda cut: mfcc(load_audio(cut, SPECTRAL_SAMPLE_RATE), SPECTRAL_SAMPLE_RATE))
LOG_MEL = Method("log-mel", lambda cut: log_mel(load_audio(cut, SPECTRAL_SAMPLE_RATE), SPECTRAL_SAMPLE_RATE))


class ModelReader:
    """Maps and representations of utterances; the model runs once for all methods that read the same utterance.

    Attributes:
        encoder: the model.

    The reader stores those of the last utterance.
    """

    def __init__(self, encoder: Encoder, layers: Collection[int]) -> None:
        """Read the maps of some layers."""
        self.encoder, self._layers = encoder, frozenset(layers)
        self._cut: MonoCut | None = None
        self._maps: dict[int, AnyFloats] = {}
        self._states: list[AnyFloats] = []

    def map(self, cut: MonoCut, head: Head) -> AnyFloats:
        """Return the attention map `[T, T]` of a head."""
        self._read(cut)
        return self._maps[head[0]][head[1]]

    def rows(self, cut: MonoCut, head: Head) -> Floats:
        """Return the rows `[T, T]` of a head's map, in the unit of label frames."""
        return label_rows(self.map(cut, head), label_frames(self.encoder).repeat)

    def states(self, cut: MonoCut, layer: int) -> AnyFloats:
        """Return the hidden states `[T, d]` that a layer returns."""
        self._read(cut)
        return self._states[layer]

    def _read(self, cut: MonoCut) -> None:
        if cut is not self._cut:
            self._maps, self._states = maps_and_representations(self.encoder, cut, self._layers)
            self._cut = cut


def representation(reader: ModelReader, layer: int) -> Method:
    """Return the method that uses the hidden states that a layer returns."""
    encoder = reader.encoder
    return Method(
        "representation", lambda cut: reader.states(cut, layer), label_frames(encoder), encoder.name, f"layer {layer}"
    )


def best_head(reader: ModelReader, head: Head) -> Method:
    """Return the method that uses the rows of one head's attention."""
    encoder = reader.encoder
    return Method(
        "best head", lambda cut: reader.rows(cut, head), label_frames(encoder), encoder.name, format_heads([head])
    )


def ensemble(reader: ModelReader, units: Mapping[Head, float]) -> Method:
    """Return the method that adds the scores of several heads, each in its own unit of distance."""
    encoder = reader.encoder
    features = partial(_ensemble_features, reader, units)
    return Method("ensemble", features, label_frames(encoder), encoder.name, format_heads(list(units)))


def _ensemble_features(reader: ModelReader, units: Mapping[Head, float], cut: MonoCut) -> AnyFloats:
    """Return the rows `[n, T, T]` of n heads, each divided by its unit."""
    return np.stack([reader.rows(cut, head) / unit for head, unit in units.items()])


def label_frames(encoder: Encoder) -> LabelFrames:
    """Return the label frames that fill the frames of an encoder."""
    return LabelFrames.for_model(encoder.frame_period, encoder.first_frame_center)


def format_heads(heads: Sequence[Head]) -> str:
    """Return layer and head of each head as text.

    >>> format_heads([(5, 4), (0, 1)])
    '5.4 0.1'
    """
    return " ".join(f"{layer}.{head}" for layer, head in heads)
