"""What an intervention does to one utterance: how far hidden states move, and what probes still read from them."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, nn

from otoscope.importance.judges import PROBES
from otoscope.models.encoder import Encoder


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
    """Hidden states `[T, d]` after each layer, and the final ones that probes read."""

    layers: list[Tensor]
    final_td: Tensor


def listen(encoder: Encoder, wave: np.ndarray) -> Heard:
    """Run a wave `[samples]` under the interventions in force."""
    layers: list[Tensor] = []
    with _watching(encoder, layers):
        encoded = encoder.forward([wave])
    return Heard(layers, encoded.hidden[0, : encoded.lengths[0]].float().cpu())


def moved(before: Heard, after: Heard) -> list[float]:
    """How far each layer's hidden states lie from those before, as a share of their norm."""
    pairs = zip(before.layers, after.layers, strict=True)
    return [float((new - old).norm() / old.norm()) for old, new in pairs]


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


@contextmanager
def _watching(encoder: Encoder, hidden: list[Tensor]) -> Iterator[None]:
    """Within the block the output `[T, d]` of every transformer layer is appended to `hidden`."""

    def keep(_module: nn.Module, _inputs: Any, output: Any) -> None:
        states = output[0] if isinstance(output, tuple) else output
        hidden.append(states[0].detach())

    hooks = [block.register_forward_hook(keep) for block in blocks(encoder)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def blocks(encoder: Encoder) -> list[nn.Module]:
    """The transformer layers, each the numbered module that an attention module lies in."""
    name_of = {module: name for name, module in encoder.model.named_modules()}
    numbered = [re.match(r".*\.\d+(?=\.)", name_of[layer]) for layer in encoder.layers]
    found = [encoder.model.get_submodule(match[0]) for match in numbered if match]
    return list(dict.fromkeys(found))
