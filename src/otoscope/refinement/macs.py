"""Multiplications of one forward pass, by the part of the model that makes them."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from otoscope.models.blocked import computed_pairs
from otoscope.models.encoder import Encoder
from otoscope.refinement.parts import PARTS
from otoscope.refinement.surgery import blocks

FRONT, PROJECTIONS, ATTENTION, FEED_FORWARD = "front end", "attention projections", "attention", "feed-forward"
MAC_PARTS = (FRONT, PROJECTIONS, ATTENTION, FEED_FORWARD)


def count_macs(encoder: Encoder, seconds: float) -> dict[str, int]:
    """Multiplications with additions on some seconds of audio, by part; `attention` is its scores and contexts.

    Counted as they are computed, so that blocks of a span count whole. The front end is all that lies outside of the
    layers; what else a layer holds counts as feed-forward.

    Example:
        >>> from otoscope import load
        >>> count_macs(load("embedded"), 1.0)["attention"] == 6 * 2 * 256 * 50**2
        True
    """
    names = _blocks(encoder)
    layers = tuple(name.rpartition(".")[0] + "." for name in names)
    within = tuple(f"{name}." for name in names)
    done: Counter[str] = Counter(dict.fromkeys(MAC_PARTS, 0))

    def counting(part: str) -> Callable[..., None]:
        def hook(module: Any, args: tuple[Tensor, ...], output: Tensor) -> None:
            done[part] += output.numel() * module.weight[0].numel()

        return hook

    hooks = []
    for name, module in encoder.model.named_modules():
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d):
            part = PROJECTIONS if name.startswith(within) else FEED_FORWARD if name.startswith(layers) else FRONT
            hooks.append(module.register_forward_hook(counting(part)))
    try:
        hidden = encoder.plain([np.random.default_rng(0).normal(0, 0.1, int(seconds * encoder.sampling_rate))])
    finally:
        for one in hooks:
            one.remove()
    pairs = computed_pairs(_frames(encoder, seconds, hidden), getattr(encoder.model.config, "attention_span", None))
    done[ATTENTION] = 2 * sum(encoder.n_heads) * _head_size(encoder) * pairs
    return dict(done)


def _blocks(encoder: Encoder) -> list[str]:
    if encoder.family.model_type in PARTS:
        return blocks(encoder.model, PARTS[encoder.family.model_type])
    return [name for name, module in encoder.model.named_modules() if any(module is one for one in encoder.layers)]


def _frames(encoder: Encoder, seconds: float, hidden: torch.Tensor) -> int:
    """Frames that attend, silence included where the model sees it."""
    if encoder.family.seconds:
        return encoder.model.config.max_source_positions
    return encoder.family.frames(encoder.model.config, int(seconds * encoder.sampling_rate)) or hidden.shape[1]


def _head_size(encoder: Encoder) -> int:
    config = encoder.model.config
    return int(getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads)
