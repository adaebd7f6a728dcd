"""Multiplications of one forward pass, by the part of the model that makes them."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from otoscope.attention.call import AttentionCall
from otoscope.attention.local_attention import local_attention
from otoscope.attention.torch_private import cpu_flash_attention
from otoscope.models.capture import forward_inputs
from otoscope.models.encoder import Encoder
from otoscope.refinement.timing import noise

FRONT, PROJECTIONS, ATTENTION, FEED_FORWARD = "front end", "attention projections", "attention", "feed-forward"
MAC_PARTS = (FRONT, PROJECTIONS, ATTENTION, FEED_FORWARD)

ATEN = torch.ops.aten


def _fused(query: Sequence[int], key: Sequence[int], value: Sequence[int], *_: object, **__: object) -> int:
    """Twice the multiplications of attention between states of these shapes `[B, H, T, d]`."""
    B, H, T, d = query
    return 2 * B * H * T * key[2] * (d + value[3])


ON_CPU = {cpu_flash_attention(): _fused}
"""What torch's counter does not know: attention as a CPU computes it."""
BY_WEIGHTS = {ATEN.mm, ATEN.addmm, ATEN.convolution}
"""What multiplies states by weights; the rest multiplies states of one frame by those of others."""


def count_macs(encoder: Encoder, seconds: float, span: int | None = None) -> dict[str, int]:
    """Multiplications with additions on some seconds of audio, by part; `attention` is all that pairs of frames take.

    Counted by torch as they are computed, so that blocks of a span (the model's own, or a narrower `span`) count whole.
    The front end is everything outside the layers; everything else in a layer counts as feed-forward.

    Examples:
        >>> from otoscope import load
        >>> count_macs(load("bundled"), 1.0)["attention"] == 6 * 2 * 256 * 50**2
        True
    """
    inputs = encoder.inputs([noise(encoder, seconds)])
    with _countable(encoder), FlopCounterMode(display=False, custom_mapping=ON_CPU) as counter, torch.no_grad():
        if span is None:
            encoder.model(**inputs)
        else:
            forward_inputs(encoder, inputs, lambda call: _within(span, call))
    of_modules: Mapping[str, Mapping[Any, int]] = counter.get_flop_counts()

    def done(*names: str, by_weights: bool | None = None) -> int:
        counts = [count for name in names for count in of_modules.get(name, {}).items()]
        return sum(flops for kind, flops in counts if by_weights in (None, kind in BY_WEIGHTS)) // 2

    blocks = _blocks(encoder)
    layers = [name.rpartition(".")[0] for name in blocks]
    return {
        FRONT: done("Global") - done(*layers),
        PROJECTIONS: done(*blocks, by_weights=True),
        ATTENTION: done(*blocks, by_weights=False),
        FEED_FORWARD: done(*layers) - done(*blocks),
    }


def _countable(encoder: Encoder) -> AbstractContextManager[None]:
    """On a GPU fused attention would count the zeros that fill up its heads."""
    return nullcontext() if encoder.device.type == "cpu" else sdpa_kernel(SDPBackend.MATH)


def _within(span: int, call: AttentionCall) -> Tensor:
    if not call.query_bhtd.numel():
        return call.query_bhtd.transpose(1, 2)
    radius = span if call.span is None else min(span, call.span)
    return local_attention(call.query_bhtd, call.key_bhtd, call.value_bhtd, radius=radius, scaling=call.scaling)


def _blocks(encoder: Encoder) -> list[str]:
    """Return the name of the attention of each layer in torch's counter: the part right below the layer's number."""
    root, layers = type(encoder.model).__name__, set(encoder.layers)
    names = [f"{root}.{name}" for name, module in encoder.model.named_modules() if module in layers]
    return [_below_number(name.split(".")) for name in names]


def _below_number(path: list[str]) -> str:
    number = max((place for place, part in enumerate(path) if part.isdigit()), default=len(path) - 2)
    return ".".join(path[: number + 2])
