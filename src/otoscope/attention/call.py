"""Represent one call of one layer's attention, in one form for every model family.

Axes: b utterance, h head, t frame, q query, k key, d feature.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from otoscope.attention.speech import CallSpeech
from otoscope.attention.torch_private import is_fake
from otoscope.errors import InputError


@dataclass(frozen=True)
class AttentionCall:
    """A layer's attention `A = softmax(scaling * query . key + bias)` over the first `lengths[b]` keys.

    Attributes:
        module: the attention module that made the call.
        query_bhtd, key_bhtd, value_bhtd: states of all heads.
        scaling: factor of the scores.
        bias_bhqk: added to the scores; None: nothing.
        lengths: real frames of each utterance; padding is on the right.
        span: only keys at most so many frames from the query are attended to; None, except in refined models: all.
        layer: number of the call in one run of the model. Layers that share a module have different numbers.
        output: weight `[o, H * d]` that projects the concatenated contexts of all heads to the hidden states; None if
            unknown.
        speech: the utterances; None where they are unknown.
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
    speech: CallSpeech | None = None

    @property
    def utterances(self) -> CallSpeech:
        """Return the utterances.

        Raises:
            InputError: the caller ran the model on inputs whose speech is unknown.
        """
        if self.speech is None:
            raise InputError("expected waves with the inputs of the model, found none; pass the audio")
        return self.speech


AttentionHandler = Callable[[AttentionCall], Tensor]
"""Receives a call and returns its context `[B, T, H, d]`."""

_HANDLER: ContextVar[AttentionHandler | None] = ContextVar("otoscope_attention_handler", default=None)


@contextmanager
def handle_attention(handler: AttentionHandler) -> Iterator[None]:
    """Pass every captured attention call to `handler` within the block; an inner block replaces an outer one."""
    token = _HANDLER.set(handler)
    try:
        yield
    finally:
        _HANDLER.reset(token)


def current_handler() -> AttentionHandler | None:
    """Return the handler of the innermost `handle_attention`, or None outside of one."""
    return _HANDLER.get()


def parse_mask(
    mask: Tensor | None, bias_bhqk: Tensor | None, states_bhtd: Tensor
) -> tuple[tuple[int, ...], Tensor | None]:
    """Return the number of real frames of each utterance, and what is added to the scores between them.

    Args:
        mask: what models pass to their attention, `[B, 1 or H, 1 or T, T]`: true for keys that may be attended to, or
            numbers that are added to the scores, very low for keys that may not. A key that no query may attend to is
            padding.
        bias_bhqk: added to the scores in addition.
        states_bhtd: the queries.

    Raises:
        InputError: an utterance has padding before its end.
    """
    if mask is None:
        return (states_bhtd.shape[2],) * states_bhtd.shape[0], bias_bhqk
    mask = mask.expand(states_bhtd.shape[0], -1, -1, -1)
    lengths = prefix_lengths(_is_attended(mask))
    if mask.dtype == torch.bool:
        if _masks_padding_only(mask, lengths):
            return lengths, bias_bhqk
        mask = torch.zeros_like(mask, dtype=states_bhtd.dtype).masked_fill(~mask, -torch.inf)
    return lengths, mask if bias_bhqk is None else bias_bhqk + mask


def _is_attended(mask_bhqk: Tensor) -> Tensor:
    if mask_bhqk.dtype == torch.bool:
        return mask_bhqk.any(dim=2).any(dim=1)
    return mask_bhqk.amax(dim=(1, 2)) > torch.finfo(mask_bhqk.dtype).min / 2


def _masks_padding_only(allowed_bhqk: Tensor, lengths: tuple[int, ...]) -> bool:
    """Return whether all real frames may attend to each other."""
    if is_fake(allowed_bhqk):
        return False
    return all(
        bool(allowed_hqk[:, :length, :length].all()) for allowed_hqk, length in zip(allowed_bhqk, lengths, strict=True)
    )


def prefix_lengths(is_real_bt: Tensor) -> tuple[int, ...]:
    """Return the number of real frames of each utterance, from a mask `[B, T]` that is true on them.

    A tensor without data (`otoscope.models.memory`) has no values to read: all its frames count as real.

    Raises:
        InputError: an utterance has padding before its end.
    """
    if is_fake(is_real_bt):
        return (is_real_bt.shape[1],) * is_real_bt.shape[0]
    lengths = is_real_bt.sum(-1)
    if (is_real_bt[:, 1:] > is_real_bt[:, :-1]).any():
        raise InputError("expected padding at the end of each utterance, found real frames after padding")
    return tuple(lengths.tolist())
