"""How well does the model's own prediction head give back the frames that the model was given, all of them unmasked?"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from torch import Tensor, nn

from otoscope.models.mockingjay.modeling import stack_frames
from otoscope.models.prediction_head import prediction_head
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData
from otoscope.probing.scorer import Cache, Probe
from otoscope.typing import Floats


@dataclass(frozen=True, eq=False)
class ReconstructionScorer:
    """A scorer by the L1 error of each frame, in deviations of the utterance's log-mel bands."""

    head: nn.Module
    targets: list[Tensor]
    seeds: int

    @cached_property
    def count(self) -> Floats:
        """Return the number of frames of each utterance."""
        return np.array([float(len(target)) for target in self.targets])

    @cached_property
    def majority(self) -> Floats:
        """Return NaN: no guess is compared."""
        return np.full((self.seeds, len(self.targets)), np.nan)

    def total(self, index: int, hidden_td: Tensor) -> Floats:
        """Return the sum of the errors of all frames."""
        return np.full(self.seeds, self.loss(index, hidden_td).item() * self.count[index])

    def loss(self, index: int, hidden_td: Tensor) -> Tensor:
        """Return the mean error of a frame."""
        return (self.head(hidden_td) - self.targets[index]).abs().mean()


def scorer(data: ProbeData, training: Training, cache: Cache) -> ReconstructionScorer:
    """Return the head and its targets. Raise InputError if the model has no prediction head."""
    encoder = data.encoder
    head = prediction_head(encoder).float().cpu().requires_grad_(False)
    rate = encoder.model.config.downsample_rate
    features = [encoder.inputs([wave])["input_features"].float().cpu() for wave in data.speech.waves]
    return ReconstructionScorer(head, [stack_frames(frames, rate)[0] for frames in features], training.seeds)


PROBE = Probe(
    name="reconstruction",
    doc="L1 error of the model's own prediction head against its unmasked input, in deviations of each band.",
    metric="L1",
    label="reconstruction error",
    units="1",
    higher_is_better=False,
    trained=False,
    scorer=scorer,
    check_model=prediction_head,
)
