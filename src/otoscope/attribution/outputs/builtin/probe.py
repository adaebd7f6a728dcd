"""What the phone probe answers at a frame."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch

from otoscope.attribution.scored_output import (
    ChooseOutputs,
    OutputRequest,
    ScoredOutput,
    UtteranceOutputs,
    draw,
    read_frames,
)
from otoscope.probing.builtin import phone
from otoscope.probing.classifier import NO_CLASS, Classifier
from otoscope.probing.probe_data import ProbeData, collect_hidden_states


@dataclass(frozen=True, eq=False)
class ProbeOutputs:
    """The trained nets of the phone probe, and the states that they read."""

    data: ProbeData
    classifier: Classifier

    def choose(self, index: int, count: int, rng: np.random.Generator) -> UtteranceOutputs | None:
        """Return the answers at some labelled frames; None if the utterance is not tested."""
        if not self.classifier.count[index]:
            return None
        hidden_td = self.data.hidden[index]
        labelled = np.flatnonzero(self.classifier.task.classes[index].numpy() != NO_CLASS)
        frame_n = draw(labelled, count, rng)
        answer_n = self.classifier.log_probabilities(index, hidden_td[frame_n]).argmax(-1)
        place_n = torch.arange(len(frame_n))
        frames = self.data.encoder.num_frames(self.data.speech.waves[index])
        return UtteranceOutputs(
            lambda hidden: self.classifier.log_probabilities(index, hidden[:, frame_n])[:, place_n, answer_n],
            read_frames(frame_n, len(hidden_td), frames),
        )


def make(request: OutputRequest) -> ChooseOutputs:
    """Train the probe, and return what draws its answers."""
    data = collect_hidden_states(request.encoder, request.speech)
    chosen: Callable[..., UtteranceOutputs | None] = ProbeOutputs(
        data, phone.scorer(data, request.training, request.cache)
    ).choose
    return chosen


OUTPUT = ScoredOutput(
    name="probe",
    doc="Log-probability of the phone that the probe answers at a frame, by nets that did not learn its speaker.",
    unit="probability",
    is_log=True,
    make=make,
    check_cuts=phone.check,
)
