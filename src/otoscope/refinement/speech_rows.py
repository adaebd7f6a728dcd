"""Attention calls of an encoder on speech, and what of them is speech: not silence or padding.

Axes: b utterance, h head, t frame, q query, k key, d feature.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.models.capture import forward_inputs
from otoscope.models.encoder import Encoder
from otoscope.models.head_gates import context
from otoscope.refinement.layer_fit import FitSample


@dataclass(frozen=True, eq=False)
class SpeechRows:
    """An attention call, and the number of frames of each of its utterances that are speech, not silence or padding."""

    call: AttentionCall
    frames: Sequence[int | None]

    @property
    def real_bt(self) -> Tensor:
        """True on frames that may be attended to."""
        T = self.call.value_bhtd.shape[2]
        return torch.arange(T)[None] < torch.tensor(self.call.lengths)[:, None]

    def real(self, states_bthd: Tensor) -> list[Tensor]:
        """Return the states of the frames of speech of each utterance."""
        return [states[:count] for states, count in zip(states_bthd, self.frames, strict=True)]

    def maps(self) -> Iterator[Tensor]:
        """Yield the attention `[H, q, k]` of the queries of speech of each utterance."""
        call = self.call
        scores_bhqk = call.scaling * call.query_bhtd @ call.key_bhtd.transpose(-1, -2)
        if call.bias_bhqk is not None:
            scores_bhqk = scores_bhqk + call.bias_bhqk
        for scores_hqk, length, count in zip(scores_bhqk, call.lengths, self.frames, strict=True):
            yield scores_hqk[:, :count, :length].softmax(-1)


def speech_rows(encoder: Encoder, sample: FitSample) -> Iterator[SpeechRows]:
    """Run an encoder on some speech, and yield the attention calls of its layers that have heads."""
    for inputs, frames in zip(sample.inputs, sample.speech, strict=True):
        calls: list[AttentionCall] = []
        forward_inputs(encoder, inputs, CallRecord(calls))
        yield from (SpeechRows(call, frames) for call in calls if call.query_bhtd.shape[1])


@dataclass(frozen=True)
class CallRecord:
    """Stores attention calls."""

    calls: list[AttentionCall]

    def __call__(self, call: AttentionCall) -> Tensor:
        """Store a call, and compute its context."""
        self.calls.append(call)
        return context(call)
