"""One call of one layer's attention, in one form for every model family.

Axes: b utterance, h head, t frame, q query, k key, d feature.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from torch import Tensor, nn

from otoscope.errors import BadInput


@dataclass(frozen=True)
class AttentionCall:
    """A layer's attention is `A = softmax(scaling * query . key + bias)` over the first `lengths[b]` keys."""

    module: nn.Module
    query_bhtd: Tensor
    key_bhtd: Tensor
    value_bhtd: Tensor
    scaling: float
    bias_bhqk: Tensor | None
    lengths: tuple[int, ...]


Answer = Callable[[AttentionCall], Tensor]
"""Turns a call into its context `[B, T, H, d]`."""

_ANSWER: ContextVar[Answer | None] = ContextVar("otoscope_answer", default=None)


@contextmanager
def answering(answer: Answer) -> Iterator[None]:
    """Within the block every captured attention call is given to `answer`."""
    token = _ANSWER.set(answer)
    try:
        yield
    finally:
        _ANSWER.reset(token)


def current_answer() -> Answer | None:
    """The innermost `answering`, or None outside of one."""
    return _ANSWER.get()


def prefix_lengths(real_bt: Tensor) -> tuple[int, ...]:
    """Number of real frames of each utterance, from a mask `[B, T]` that is true on them.

    Raises:
        BadInput: an utterance's padding does not lie at its end.
    """
    lengths = real_bt.sum(-1)
    if (real_bt[:, 1:] > real_bt[:, :-1]).any():
        raise BadInput("expected padding at the end of each utterance, found real frames after padding")
    return tuple(lengths.tolist())
