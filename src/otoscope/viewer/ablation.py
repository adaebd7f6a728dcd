"""What an intervention does to one utterance: how far hidden states move, and what probes still read from them."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from torch import Tensor

from otoscope.models.encoder import Encoder
from otoscope.viewer.live_probes import PROBES


@dataclass(frozen=True)
class Change:
    """A number before and after an intervention; in `%` it is a share."""

    name: str
    units: str
    doc: str
    before: float
    after: float


@dataclass(frozen=True)
class Ablated:
    """Change of each layer's hidden states (share of their norm), of probes' scores, and which could not be asked."""

    layers: list[float]
    changes: list[Change]
    missing: list[str]
    seconds: float


@dataclass(frozen=True)
class Heard:
    """Hidden states `[T, d]` as each layer hands them on, and the final ones that probes read."""

    layers: list[np.ndarray]
    final_td: Tensor


def listen(encoder: Encoder, wave: np.ndarray) -> Heard:
    """Run a wave `[samples]` under the interventions in force."""
    encoded = encoder.forward([wave])
    return Heard(encoder.representations(wave), encoded.hidden[0, : encoded.lengths[0]].float().cpu())


def moved(before: Heard, after: Heard) -> list[float]:
    """How far each layer's hidden states lie from those before, as a share of their norm."""
    pairs = zip(before.layers, after.layers, strict=True)
    return [float(np.linalg.norm(new - old) / np.linalg.norm(old)) for old, new in pairs]


def changes(before: Mapping[str, float], after: Mapping[str, float]) -> list[Change]:
    """Scores of each probe that was asked both times."""
    return [
        Change(_name(probe.name, probe.metric), _units(probe.metric), probe.doc, before[probe.name], after[probe.name])
        for probe in PROBES
        if probe.name in before and probe.name in after
    ]


def _name(name: str, metric: str) -> str:
    return f"{name} {metric}" if metric == "accuracy" else f"{name} error"


def _units(metric: str) -> str:
    return "%" if metric == "accuracy" else "1"
