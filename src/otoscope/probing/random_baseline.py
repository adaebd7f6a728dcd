"""The control without training: a model of the same shape with random weights."""

from dataclasses import replace

import torch
from transformers import PreTrainedModel

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.self_check import self_check


def check_untrained(encoder: Encoder) -> None:
    """Raise InputError if `untrained` cannot build this model, because it is no model of transformers."""
    if not isinstance(encoder.model, PreTrainedModel):
        raise InputError(
            f"expected a model of transformers, which the untrained control is built from; found {encoder.name}, "
            "a wrapped module; use prune with probes, which needs no control"
        )


def untrained(encoder: Encoder, seed: int = 0) -> Encoder:
    """Return an encoder of the same class and configuration with random weights; the encoder stays unchanged.

    Only the encoder is built, also where it is a part of a larger model.

    Args:
        encoder: the encoder.
        seed: seed of the weights.

    Raises:
        InputError: it is no model of transformers, or its attention cannot be captured.
    """
    check_untrained(encoder)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = type(encoder.model)._from_config(encoder.model.config)  # as AutoModel.from_config, for parts too
    model = model.to(encoder.device, encoder.model.dtype).eval()
    return self_check(replace(encoder, model=model, layers=(), n_heads=(), padding_invariant=False))
