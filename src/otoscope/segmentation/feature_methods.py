"""What boundaries are looked for in: spectral frames, a layer's representation, a head's attention, several heads'."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from lhotse import MonoCut

from otoscope.corpus import load_audio
from otoscope.models.encoder import Encoder
from otoscope.phones import DEFAULT_LABEL_FRAMES, LabelFrames
from otoscope.segmentation.detector import label_rows
from otoscope.segmentation.spectral import log_mel, mfcc
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.tuning import LabelledFeatures

SPECTRAL_SAMPLE_RATE = 16000  # Hz, of the audio behind spectral frames, whatever the model's is
Head = tuple[int, int]


@dataclass(frozen=True)
class Method:
    """Features of an utterance and where their frames lie.

    Attributes:
        name: as tables show it.
        features: of a cut, [T, d], or [n, T, d] where n heads vote.
        frames: of the labels, under those of the features.
        model: whose features they are; empty for the audio's own.
        chosen: which layer or heads.
    """

    name: str
    features: Callable[[MonoCut], npt.NDArray[np.floating]]
    frames: LabelFrames = DEFAULT_LABEL_FRAMES
    model: str = ""
    chosen: str = ""

    def labelled(self, part: Sequence[LabelledUtterance]) -> list[LabelledFeatures]:
        """Features and reference boundaries of some utterances."""
        return [LabelledFeatures(self.features(utterance.cut), utterance.boundaries) for utterance in part]


MFCC = Method("MFCC", lambda cut: mfcc(load_audio(cut, SPECTRAL_SAMPLE_RATE), SPECTRAL_SAMPLE_RATE))
LOG_MEL = Method("log-mel", lambda cut: log_mel(load_audio(cut, SPECTRAL_SAMPLE_RATE), SPECTRAL_SAMPLE_RATE))


def representation(encoder: Encoder, layer: int) -> Method:
    """Hidden states that a layer hands on."""
    return Method(
        "representation",
        lambda cut: encoder.representations(cut)[layer],
        label_frames(encoder),
        encoder.name,
        f"layer {layer}",
    )


def best_head(encoder: Encoder, head: Head) -> Method:
    """Rows of one head's attention."""
    repeat = label_frames(encoder).repeat
    return Method(
        "best head",
        lambda cut: label_rows(encoder.attention(cut, *head), repeat),
        label_frames(encoder),
        encoder.name,
        format_heads([head]),
    )


def ensemble(encoder: Encoder, units: Mapping[Head, float]) -> Method:
    """Rows of several heads, each in its own unit of distance; their scores are added (see `phones.voting`)."""
    repeat, layers = label_frames(encoder).repeat, {layer for layer, _ in units}

    def features(cut: MonoCut) -> npt.NDArray[np.floating]:
        maps = encoder.maps(cut, layers)
        return np.stack([label_rows(maps[layer][head], repeat) / unit for (layer, head), unit in units.items()])

    return Method("ensemble", features, label_frames(encoder), encoder.name, format_heads(list(units)))


def label_frames(encoder: Encoder) -> LabelFrames:
    """Label frames under the frames of an encoder."""
    return LabelFrames.for_model(encoder.frame_period, encoder.first_frame_center)


def format_heads(heads: Sequence[Head]) -> str:
    """`5.4 0.1`: layer and head of each.

    >>> format_heads([(5, 4), (0, 1)])
    '5.4 0.1'
    """
    return " ".join(f"{layer}.{head}" for layer, head in heads)
