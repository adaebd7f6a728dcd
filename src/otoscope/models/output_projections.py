"""The first pass of a new model: its attention calls, and the layers that project the contexts of the heads.

Axes: b utterance, h head, t frame, d feature of a head, o all features of all heads.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from otoscope.attention.call import AttentionCall
from otoscope.attention.interventions import NO_INTERVENTION, attend_with
from otoscope.models.capture import forward_with_handler
from otoscope.models.encoder import Encoder


class FirstPass(NamedTuple):
    """Every attention call of one forward pass, in order, and the name of its output projection; empty if unknown."""

    calls: Sequence[AttentionCall]
    output_projections: Sequence[str]


def run_first_pass(encoder: Encoder, wave: np.ndarray) -> FirstPass:
    """Run an encoder whose layers are not known yet on a wave `[samples]`.

    The output projection of a layer is the linear layer whose input is the concatenated contexts of its heads.
    """
    calls: list[AttentionCall] = []
    names: list[str] = []
    pending: list[Tensor] = []
    linear = {name: module for name, module in encoder.model.named_modules() if isinstance(module, nn.Linear)}

    def handler(call: AttentionCall) -> Tensor:
        context_bthd, _ = attend_with(NO_INTERVENTION, call, call.layer)
        pending[:] = [context_bthd.flatten(2)]
        calls.append(call)
        names.append(next((name for name, module in linear.items() if module.weight is call.output), ""))
        return context_bthd

    def on_input(name: str, states: Tensor) -> None:
        for context_bto in pending:
            if states.shape == context_bto.shape and torch.equal(states, context_bto):
                names[-1] = name

    with ExitStack() as hooks:
        for name, module in linear.items():
            hooks.enter_context(module.register_forward_pre_hook(lambda _, args, name=name: on_input(name, args[0])))
        forward_with_handler(encoder, [wave], handler)
    return FirstPass(calls, names)
