"""How well the model's own prediction head reconstructs a frame."""

from dataclasses import dataclass

import numpy as np

from otoscope.attribution.scored_output import (
    ChooseOutputs,
    OutputRequest,
    ScoredOutput,
    UtteranceOutputs,
    draw,
    read_frames,
)
from otoscope.models.prediction_head import prediction_head
from otoscope.probing.builtin import reconstruction
from otoscope.probing.builtin.reconstruction import ReconstructionScorer
from otoscope.probing.probe_data import ProbeData


@dataclass(frozen=True, eq=False)
class ReconstructionOutputs:
    """The prediction head and its targets."""

    scorer: ReconstructionScorer

    def choose(self, index: int, count: int, rng: np.random.Generator) -> UtteranceOutputs | None:
        """Return the reconstructions of some frames."""
        target_tm = self.scorer.targets[index]
        frame_n = draw(np.arange(len(target_tm)), count, rng)
        return UtteranceOutputs(
            lambda hidden: -(self.scorer.head(hidden[:, frame_n]) - target_tm[frame_n]).abs().mean(-1),
            read_frames(frame_n, len(target_tm), len(target_tm)),
        )


def make(request: OutputRequest) -> ChooseOutputs:
    """Load the head, and return what draws frames."""
    data = ProbeData(request.encoder, request.speech, (), "")  # the head reads no states yet
    return ReconstructionOutputs(reconstruction.scorer(data, request.training, request.cache)).choose


OUTPUT = ScoredOutput(
    name="reconstruction",
    doc="L1 error, below zero, of the model's own prediction head at a frame.",
    unit="L1",
    is_log=False,
    make=make,
    check_model=prediction_head,
)
