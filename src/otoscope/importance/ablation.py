"""What an intervention does to one utterance: how far hidden states move, how much worse the input is guessed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from otoscope.errors import BadInput
from otoscope.models.encoder import Encoder
from otoscope.models.prediction import prediction_head


@dataclass(frozen=True)
class Change:
    """A number before and after an intervention."""

    name: str
    units: str
    doc: str
    before: float
    after: float


@dataclass(frozen=True)
class Ablated:
    """Change of each layer's hidden states as a share of their norm, of other numbers, and which could not be had."""

    layers: list[float]
    changes: list[Change]
    missing: list[str]
    seconds: float


@dataclass(frozen=True)
class Heard:
    """Hidden states `[T, d]` after each layer, and numbers by name."""

    hidden: list[Tensor]
    numbers: dict[str, float]


@dataclass
class Judges:
    """What listens along with a model: the head it was pre-trained with, where it has one."""

    encoder: Encoder
    head: nn.Module | None = None
    missing: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Find the prediction head, or say why there is none."""
        try:
            self.head = prediction_head(self.encoder)
        except BadInput as error:
            self.missing.append(f"reconstruction error: {error}")

    def listen(self, wave: np.ndarray) -> Heard:
        """Run a wave `[samples]` under the interventions in force."""
        hidden: list[Tensor] = []
        with watching(self.encoder, hidden):
            final = self.encoder.forward([wave]).hidden
        numbers = {}
        if self.head is not None:
            numbers["reconstruction error"] = self._reconstruction(final, wave)
        return Heard(hidden, numbers)

    def _reconstruction(self, final_btd: Tensor, wave: np.ndarray) -> float:
        """Mean absolute error of the head's guess at the input, nothing masked."""
        with torch.inference_mode():
            guess = self.head(final_btd) if self.head is not None else final_btd
            (inputs,) = self.encoder.inputs([wave]).values()
        target = inputs[:, : guess.shape[1] * guess.shape[2] // inputs.shape[2]].reshape(guess.shape)
        return float((guess - target).abs().mean())


DOCS = {"reconstruction error": "mean absolute error of the model's guess at its own input, nothing masked (L1)"}


def compare(before: Heard, after: Heard, missing: list[str], seconds: float) -> Ablated:
    """How far `after` lies from `before`."""
    layers = [float((new - old).norm() / old.norm()) for old, new in zip(before.hidden, after.hidden, strict=True)]
    changes = [Change(name, "1", DOCS[name], value, after.numbers[name]) for name, value in before.numbers.items()]
    return Ablated(layers, changes, missing, seconds)


@contextmanager
def watching(encoder: Encoder, hidden: list[Tensor]) -> Iterator[None]:
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
