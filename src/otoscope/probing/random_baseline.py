"""The control that has learned nothing: a model of the same shape with random weights."""

from dataclasses import replace

import torch
from transformers import AutoModel

from otoscope.models.encoder import Encoder
from otoscope.models.self_check import self_check


def untrained(encoder: Encoder, seed: int = 0) -> Encoder:
    """A model of the same configuration, its weights drawn as they are before training. The encoder is left alone.

    Raises:
        InputError: its attention cannot be watched.
    """
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = AutoModel.from_config(encoder.model.config)
    model = model.to(encoder.device, encoder.model.dtype).eval()
    return self_check(replace(encoder, model=model, layers=(), n_heads=(), padding_invariant=False))
