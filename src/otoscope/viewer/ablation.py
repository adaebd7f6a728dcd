"""The effect of an intervention on one utterance: change of the hidden states, and of the scores of probes."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from otoscope.models.encoder import Encoder
from otoscope.viewer.live_probes import PROBES
from otoscope.viewer.schema import ScoreChange


@dataclass(frozen=True)
class ForwardStates:
    """Hidden states `[T, d]` after each layer, and the final ones, which probes read."""

    layers: list[np.ndarray]
    final_td: Tensor


def forward_states(encoder: Encoder, wave: np.ndarray) -> ForwardStates:
    """Run the encoder on a wave `[samples]` under the active interventions, and return its hidden states."""
    output = encoder.forward([wave])
    return ForwardStates(encoder.representations(wave), output.hidden[0, : output.lengths[0]].float().cpu())


def hidden_change(before: ForwardStates, after: ForwardStates) -> list[float]:
    """Return the norm of each layer's change, as a share of the norm before."""
    pairs = zip(before.layers, after.layers, strict=True)
    return [float(np.linalg.norm(new - old) / np.linalg.norm(old)) for old, new in pairs]


def score_changes(before: Mapping[str, float], after: Mapping[str, float]) -> list[ScoreChange]:
    """Pair the scores of each probe that has one before and one after."""
    return [
        ScoreChange(probe.label, probe.units, probe.doc, before[probe.name], after[probe.name])
        for probe in PROBES
        if probe.name in before and probe.name in after
    ]
