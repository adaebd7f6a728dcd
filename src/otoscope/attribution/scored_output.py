"""What an output is: its score, and the frames of the last layer that it reads.

Axes: b run, n output, t frame, d feature.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from lhotse import MonoCut
from torch import Tensor

from otoscope.models.encoder import Encoder
from otoscope.probing.mlp import Training
from otoscope.probing.scorer import Cache
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.typing import Floats, Ints


@dataclass(frozen=True, eq=False)
class UtteranceOutputs:
    """Some outputs of an utterance.

    Attributes:
        scores: returns scores `[B, n]` for final hidden states `[B, N, d]`: log-probabilities, or errors below zero.
        reads_nt: shares of the frames of the last layer in what each output reads, `[n, T]`; rows sum to one.
    """

    scores: Callable[[Tensor], Tensor]
    reads_nt: Floats


@dataclass(frozen=True, eq=False)
class OutputRequest:
    """What the outputs of a model are read from."""

    encoder: Encoder
    speech: LoadedSpeech
    training: Training
    cache: Cache


ChooseOutputs = Callable[[int, int, np.random.Generator], UtteranceOutputs | None]
"""Receives the index of an utterance, a number of outputs and a generator; None without an output."""


@dataclass(frozen=True)
class ScoredOutput:
    """An output of a model: a plug-in of `otoscope.attribution.outputs.builtin`.

    Attributes:
        name: name of the output, and of its file.
        doc: one sentence on what is scored.
        unit: what the score of a deletion curve is.
        is_log: whether scores are logarithms of what deletion curves show.
        make: returns a function that draws outputs of utterances.
        check_model: raises InputError if the model lacks the output; called before the speech is read.
        check_cuts: raises InputError if the speech lacks labels.
    """

    name: str
    doc: str
    unit: str
    is_log: bool
    make: Callable[[OutputRequest], ChooseOutputs]
    check_model: Callable[[Encoder], object] = lambda encoder: None
    check_cuts: Callable[[Sequence[MonoCut]], None] = lambda cuts: None


def draw(candidates: Ints, count: int, rng: np.random.Generator) -> Ints:
    """Return at most `count` of the candidates in order, drawn without replacement.

    >>> draw(np.array([3, 5]), 4, np.random.default_rng(0)).tolist()
    [3, 5]
    """
    return np.sort(rng.permutation(candidates)[:count])


def read_frames(outputs_n: Ints, outputs: int, frames: int) -> Floats:
    """Return the shares `[n, T]` of outputs that read one hidden state each, of `outputs` hidden states.

    >>> read_frames(np.array([3]), outputs=4, frames=2).tolist()  # two hidden states for each frame of attention
    [[0.0, 1.0]]
    """
    return np.eye(frames)[outputs_n * frames // outputs]
