"""Find the layer that projects the contexts of the heads to hidden states, by running the model.

Axes: b utterance, h head, t frame, d feature of a head, o all features of all heads.
"""

from contextlib import ExitStack

import numpy as np
import torch
from torch import Tensor, nn

from otoscope.attention.call import AttentionCall
from otoscope.attention.interventions import attend_with
from otoscope.models.capture import forward_with_handler
from otoscope.models.encoder import Encoder


def find_output_projections(encoder: Encoder, wave: np.ndarray) -> tuple[str, ...]:
    """Return the name of the linear layer whose input is the concatenated contexts of each layer; empty if unknown."""
    names = [""] * encoder.n_layers
    pending: dict[int, Tensor] = {}
    linear = {name: module for name, module in encoder.model.named_modules() if isinstance(module, nn.Linear)}

    def handler(call: AttentionCall) -> Tensor:
        pending.clear()
        context_bthd, _ = attend_with(encoder.intervention, call, call.layer)
        pending[call.layer] = context_bthd.flatten(2)
        names[call.layer] = next((name for name, module in linear.items() if module.weight is call.output), "")
        return context_bthd

    def on_input(name: str, states: Tensor) -> None:
        for layer, context_bto in pending.items():
            if states.shape == context_bto.shape and torch.equal(states, context_bto):
                names[layer] = name

    with ExitStack() as hooks:
        for name, module in linear.items():
            hooks.enter_context(module.register_forward_pre_hook(lambda _, args, name=name: on_input(name, args[0])))
        forward_with_handler(encoder, [wave], handler)
    return tuple(names)
