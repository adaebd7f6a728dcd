"""The projection that takes the contexts of a layer's heads to its hidden states, found by watching it run.

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
    """Name of the linear layer that is given each layer's contexts as they are, head by head; empty where none is."""
    found = [""] * encoder.n_layers
    waiting: dict[int, Tensor] = {}
    linear = {name: module for name, module in encoder.model.named_modules() if isinstance(module, nn.Linear)}

    def answer(call: AttentionCall) -> Tensor:
        waiting.clear()
        context_bthd, _ = attend_with(encoder.intervention, call, call.layer)
        waiting[call.layer] = context_bthd.flatten(2)
        found[call.layer] = next((name for name, one in linear.items() if one.weight is call.output), "")
        return context_bthd

    def watch(name: str, given: Tensor) -> None:
        for layer, context_bto in waiting.items():
            if given.shape == context_bto.shape and torch.equal(given, context_bto):
                found[layer] = name

    with ExitStack() as hooks:
        for name, module in linear.items():
            hooks.enter_context(module.register_forward_pre_hook(lambda _, args, name=name: watch(name, args[0])))
        forward_with_handler(encoder, [wave], answer)
    return tuple(found)
