"""One call of one layer's attention, in one form for every model family.

Axes: b utterance, h head, t frame, q query, k key, d feature.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor

from otoscope.errors import InputError


@dataclass(frozen=True)
class AttentionCall:
    """A layer's attention is `A = softmax(scaling * query . key + bias)` over the first `lengths[b]` keys.

    `layer` counts the calls of one run of the model: layers that share a module have different numbers. With a `span`
    (of a refined model) only keys at most so many frames from the query are attended to. `output` is the weight
    `[o, H * d]` that takes the contexts of all heads, side by side, to the hidden states, where it is known.
    """

    module: nn.Module
    query_bhtd: Tensor
    key_bhtd: Tensor
    value_bhtd: Tensor
    scaling: float
    bias_bhqk: Tensor | None
    lengths: tuple[int, ...]
    span: int | None = None
    layer: int = -1
    output: Tensor | None = None


AttentionHandler = Callable[[AttentionCall], Tensor]
"""Turns a call into its context `[B, T, H, d]`."""

_ANSWER: ContextVar[AttentionHandler | None] = ContextVar("otoscope_answer", default=None)


@contextmanager
def handle_attention(answer: AttentionHandler) -> Iterator[None]:
    """Within the block every captured attention call is given to `answer`."""
    token = _ANSWER.set(answer)
    try:
        yield
    finally:
        _ANSWER.reset(token)


def current_handler() -> AttentionHandler | None:
    """The innermost `handle_attention`, or None outside of one."""
    return _ANSWER.get()


def parse_mask(
    mask: Tensor | None, bias_bhqk: Tensor | None, states_bhtd: Tensor
) -> tuple[tuple[int, ...], Tensor | None]:
    """Number of real frames of each utterance, and what is added to the scores between them.

    `mask` is what models hand to their attention: true where a key may be attended to, or a number that is added to the
    score, very low where it may not; `[B, 1 or H, 1 or T, T]`. A key that no query may attend to is padding.

    Raises:
        InputError: an utterance's padding does not lie at its end.
    """
    if mask is None:
        return (states_bhtd.shape[2],) * states_bhtd.shape[0], bias_bhqk
    mask = mask.expand(states_bhtd.shape[0], -1, -1, -1)
    lengths = prefix_lengths(_attended(mask))
    if mask.dtype == torch.bool:
        if _real_frames_see_each_other(mask, lengths):
            return lengths, bias_bhqk
        mask = torch.zeros_like(mask, dtype=states_bhtd.dtype).masked_fill(~mask, -torch.inf)
    return lengths, mask if bias_bhqk is None else bias_bhqk + mask


def _attended(mask_bhqk: Tensor) -> Tensor:
    if mask_bhqk.dtype == torch.bool:
        return mask_bhqk.any(dim=2).any(dim=1)
    return mask_bhqk.amax(dim=(1, 2)) > torch.finfo(mask_bhqk.dtype).min / 2


def _real_frames_see_each_other(allowed_bhqk: Tensor, lengths: tuple[int, ...]) -> bool:
    if isinstance(allowed_bhqk, FakeTensor):
        return False
    return all(bool(one[:, :length, :length].all()) for one, length in zip(allowed_bhqk, lengths, strict=True))


def prefix_lengths(real_bt: Tensor) -> tuple[int, ...]:
    """Number of real frames of each utterance, from a mask `[B, T]` that is true on them.

    A tensor without data (`footprint`) tells none; there all frames are taken to be real.

    Raises:
        InputError: an utterance's padding does not lie at its end.
    """
    if isinstance(real_bt, FakeTensor):
        return (real_bt.shape[1],) * real_bt.shape[0]
    lengths = real_bt.sum(-1)
    if (real_bt[:, 1:] > real_bt[:, :-1]).any():
        raise InputError("expected padding at the end of each utterance, found real frames after padding")
    return tuple(lengths.tolist())
