"""Features in which the detector looks for boundaries: spectral frames, representations, and attention of heads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from lhotse import MonoCut

from otoscope.corpus import load_audio
from otoscope.models.encoder import Encoder
from otoscope.phones import DEFAULT_LABEL_FRAMES, LabelFrames
from otoscope.segmentation.detector import label_rows
from otoscope.segmentation.spectral import log_mel, mfcc
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.tuning import LabelledFeatures
from otoscope.typing import AnyFloats

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


def representation(encoder: Encoder, layer: int) -> Method:
    """Return the method that uses the hidden states that a layer returns."""
    return Method(
        "representation",
        lambda cut: encoder.representations(cut)[layer],
        label_frames(encoder),
        encoder.name,
        f"layer {layer}",
    )


def best_head(encoder: Encoder, head: Head) -> Method:
    """Return the method that uses the rows of one head's attention."""
    repeat = label_frames(encoder).repeat
    return Method(
        "best head",
        lambda cut: label_rows(encoder.attention(cut, *head), repeat),
        label_frames(encoder),
        encoder.name,
        format_heads([head]),
    )


def ensemble(encoder: Encoder, units: Mapping[Head, float]) -> Method:
    """Return the method that adds the scores of several heads, each in its own unit of distance."""
    features = partial(_ensemble_features, encoder, units)
    return Method("ensemble", features, label_frames(encoder), encoder.name, format_heads(list(units)))


def _ensemble_features(encoder: Encoder, units: Mapping[Head, float], cut: MonoCut) -> AnyFloats:
    """Return the rows `[n, T, T]` of n heads, each divided by its unit."""
    repeat = label_frames(encoder).repeat
    maps = encoder.maps(cut, {layer for layer, _ in units})
    return np.stack([label_rows(maps[layer][head], repeat) / unit for (layer, head), unit in units.items()])


def label_frames(encoder: Encoder) -> LabelFrames:
    """Return the label frames that fill the frames of an encoder."""
    return LabelFrames.for_model(encoder.frame_period, encoder.first_frame_center)


def format_heads(heads: Sequence[Head]) -> str:
    """Return layer and head of each head as text.

    >>> format_heads([(5, 4), (0, 1)])
    '5.4 0.1'
    """
    return " ".join(f"{layer}.{head}" for layer, head in heads)
