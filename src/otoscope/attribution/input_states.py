"""Run a model on other states in place of those at the input of its first layer.

Axes: b run, t frame, n token, d feature.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from otoscope.errors import InputError
from otoscope.models.blocks import block_modules
from otoscope.models.capture import forward_inputs
from otoscope.models.encoder import Encoder
from otoscope.models.head_gates import context

MAX_TOKENS = 6000  # that are in memory in one batch of runs


@dataclass(frozen=True, eq=False)
class InputStates:
    """The states of an utterance at the input of the first layer.

    Attributes:
        encoder: the intact model.
        inputs: inputs of the model for the utterance alone.
        states_td: states `[T, d]` of the frames of the utterance.
        tokens: states that the layer receives, those after the utterance too.
    """

    encoder: Encoder
    inputs: dict[str, Tensor]
    states_td: Tensor
    tokens: int

    @property
    def batch_size(self) -> int:
        """Return how many runs fit into a batch."""
        return max(1, MAX_TOKENS // self.tokens)

    def run(self, states_btd: Tensor) -> Tensor:
        """Return final hidden states `[B, N, d]` (float32, CPU) with other states of the frames, with gradients."""
        runs, frames = states_btd.shape[:2]
        inputs = {name: values.expand(runs, *values.shape[1:]) for name, values in self.inputs.items()}

        def change(states_bnd: Tensor) -> Tensor:
            return torch.cat([states_btd, states_bnd[:, frames:]], dim=1)

        with change_input(self.encoder, change):
            return forward_inputs(self.encoder, inputs, context).float().cpu()


def check_input(encoder: Encoder) -> None:
    """Raise InputError for a model whose frames are patches, or whose first layer cannot be reached."""
    if encoder.family.is_patch_grid:
        raise InputError(
            f"expected a model of frames in time, found {encoder.name}, whose frames are patches of time and band; "
            "take another model"
        )
    if not getattr(encoder.model, "batch_first", True):
        raise InputError(f"expected a module whose batch axis is first, found {encoder.name}; take another model")
    block_modules(encoder)


@torch.no_grad()
def read_input(encoder: Encoder, wave: np.ndarray) -> InputStates:
    """Return the states of a wave `[samples]` at the input of the first layer."""
    states: list[Tensor] = []

    def store(states_bnd: Tensor) -> Tensor:
        states.append(states_bnd)
        return states_bnd

    inputs = encoder.inputs([wave])
    with change_input(encoder, store):
        forward_inputs(encoder, inputs, context)
    (states_nd,) = states[0]
    return InputStates(encoder, inputs, states_nd[: encoder.num_frames(wave)].detach(), len(states_nd))


@contextmanager
def change_input(encoder: Encoder, change: Callable[[Tensor], Tensor]) -> Iterator[None]:
    """Pass the states `[B, N, d]` that the first layer receives to `change` within the block: of one run."""

    def on_enter(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        hook.remove()  # layers may share a module
        if args and is_states(args[0]):
            return (change(args[0]), *args[1:]), kwargs
        name = next(name for name, value in kwargs.items() if is_states(value))
        return args, {**kwargs, name: change(kwargs[name])}

    hook = block_modules(encoder)[0].layer.register_forward_pre_hook(on_enter, with_kwargs=True)
    try:
        yield
    finally:
        hook.remove()


def is_states(value: object) -> bool:
    """Return whether an argument of a layer is its input `[B, N, d]`."""
    return isinstance(value, Tensor) and value.ndim == 3
