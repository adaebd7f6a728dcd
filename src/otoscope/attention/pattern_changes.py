"""Change the attention pattern of single heads: each change turns the call of a head into another call.

A changed head has a call of its own, so that maps, reductions and contexts under a change follow from the same kernels
as those of the intact model, and changes compose in their order. Values never change.

Axes: b utterance, h head, q query, k key, j signed offset key - query.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.key_masses import outside_keys, sink_keys
from otoscope.errors import InputError

Head = tuple[int, int]
"""The numbers of a layer and of a head in it."""

KeyGroup = Literal["sinks", "silence", "padding"]
KEY_GROUPS: tuple[KeyGroup, ...] = ("sinks", "silence", "padding")
SINK_MULTIPLE = 10.0  # a key is a sink if it draws more than so many times uniform attention
SLIGHTLY_MORE = 1 + 1e-6  # of the multiple, so that rounding has no effect
FORBIDDEN = -torch.inf

ChangeCall = Callable[[AttentionCall, AttentionCall, Head], AttentionCall]
"""Receives the call of a head `[B, 1, T, d]`, the call of its whole layer and the head; returns the changed call."""


@dataclass(frozen=True, eq=False)
class OffsetProfiles:
    """The logarithm of the mean weight at each offset, `[H, 2 R + 1]` of each layer; `R` is the largest offset."""

    log_weights: Sequence[Tensor]


@dataclass(frozen=True)
class PatternChange:
    """A change of the attention pattern of some heads.

    Attributes:
        name: name of the change, such as `uniform`, for records.
        heads: the heads `(layer, head)`.
        change: turns the call of a head into the changed one.
        needs_time: whether the change requires that tokens are frames in time.
    """

    name: str
    heads: frozenset[Head]
    change: ChangeCall
    needs_time: bool = False


def uniform(heads: Iterable[Head]) -> PatternChange:
    """Let some heads attend equally to all keys that the model permits."""
    return PatternChange("uniform", frozenset(heads), lambda own, *_: _uniform(own))


def identity(heads: Iterable[Head]) -> PatternChange:
    """Let each frame attend to itself alone in some heads."""
    return PatternChange("identity", frozenset(heads), lambda own, *_: _identity(own))


def pattern_of(heads: Iterable[Head], source: int) -> PatternChange:
    """Give some heads the intact pattern of head `source` of their layer."""
    return PatternChange(f"head-{source}", frozenset(heads), partial(_pattern_of, source))


def offset_profile(heads: Iterable[Head], profiles: OffsetProfiles) -> PatternChange:
    """Replace the pattern of some heads by their average weight at each offset, in rows that sum to one."""
    return PatternChange("profile", frozenset(heads), partial(_own_profile, profiles), needs_time=True)


def without_keys(heads: Iterable[Head], group: KeyGroup, multiple: float = SINK_MULTIPLE) -> PatternChange:
    """Remove keys from the rows of the utterance in some heads; the other weights of a row are scaled to sum to one.

    Silence after the utterance and special tokens attend as before.

    Args:
        heads: the heads.
        group: `sinks` draw more than `multiple` times uniform attention from the frames of the utterance, `silence` are
            frames 40 dB below the loudest one, `padding` is the silence after the utterance that some models attend to.
        multiple: what makes a sink.

    Raises:
        InputError: no such group.
    """
    if group not in KEY_GROUPS:
        raise InputError(f"expected keys of {', '.join(KEY_GROUPS)}, found '{group}'; name one of them")
    masks: dict[str, Callable[[AttentionCall], Tensor]] = {
        "sinks": partial(sink_keys, multiple=multiple * SLIGHTLY_MORE),
        "silence": _silence,
        "padding": _padding,
    }
    mask = masks[group]
    return PatternChange(f"without-{group}", frozenset(heads), lambda own, *_: remove_keys(own, mask(own)))


@dataclass(frozen=True)
class HeadsCall:
    """Some heads of a layer, and the call that computes them."""

    heads: Sequence[int]
    call: AttentionCall


def split_call(changes: Sequence[PatternChange], call: AttentionCall, layer: int) -> list[HeadsCall]:
    """Return calls that together compute all heads of a call, under the changes of its layer."""
    n_heads = call.value_bhtd.shape[1]
    changed = {head for change in changes for own_layer, head in change.heads if own_layer == layer}
    if not changed:
        return [HeadsCall(range(n_heads), call)]
    rest = [head for head in range(n_heads) if head not in changed]
    parts = [HeadsCall(rest, select_heads(call, rest))] if rest else []
    return parts + [HeadsCall([head], _changed_call(changes, call, (layer, head))) for head in sorted(changed)]


def order_of_heads(parts: Sequence[HeadsCall]) -> Tensor:
    """Return the place of each head of a layer among the heads of some calls, one call after the other."""
    return torch.tensor([head for part in parts for head in part.heads]).argsort()


def select_heads(call: AttentionCall, heads: Sequence[int]) -> AttentionCall:
    """Return the call of some heads alone."""
    index, bias = list(heads), call.bias_bhqk
    return replace(
        call,
        query_bhtd=call.query_bhtd[:, index],
        key_bhtd=call.key_bhtd[:, index],
        value_bhtd=call.value_bhtd[:, index],
        bias_bhqk=bias[:, index] if bias is not None and bias.ndim == 4 and bias.shape[1] > 1 else bias,
    )


def _changed_call(changes: Sequence[PatternChange], call: AttentionCall, head: Head) -> AttentionCall:
    own = select_heads(call, [head[1]])
    for change in changes:
        if head in change.heads:
            own = change.change(own, call, head)
    return own


def _uniform(own: AttentionCall) -> AttentionCall:
    bias = own.bias_bhqk
    allowed = None if bias is None else torch.zeros_like(bias).masked_fill(is_forbidden(bias), FORBIDDEN)
    return replace(own, query_bhtd=torch.zeros_like(own.query_bhtd), bias_bhqk=allowed)


def _identity(own: AttentionCall) -> AttentionCall:
    frames = own.value_bhtd.shape[2]
    diagonal_qk = torch.eye(frames, dtype=torch.bool, device=own.value_bhtd.device)
    bias = own.value_bhtd.new_zeros(frames, frames).masked_fill(~diagonal_qk, FORBIDDEN)
    return replace(own, query_bhtd=torch.zeros_like(own.query_bhtd), bias_bhqk=bias[None, None])


def _pattern_of(source: int, own: AttentionCall, whole: AttentionCall, head: Head) -> AttentionCall:
    n_heads = whole.value_bhtd.shape[1]
    if not 0 <= source < n_heads:
        raise InputError(f"no head {source}: layer {head[0]} has heads 0 to {n_heads - 1}")
    return replace(select_heads(whole, [source]), value_bhtd=own.value_bhtd)


def _own_profile(profiles: OffsetProfiles, own: AttentionCall, whole: AttentionCall, head: Head) -> AttentionCall:
    return _at_offsets(own, profiles.log_weights[head[0]][head[1]])


def _at_offsets(own: AttentionCall, log_weight_j: Tensor) -> AttentionCall:
    """Return the call with the same weight at each offset, as far as the model permits the key."""
    frames, reach = own.value_bhtd.shape[2], (len(log_weight_j) - 1) // 2
    t = torch.arange(frames, device=own.value_bhtd.device)
    offset_qk = t - t[:, None]
    weight_j = log_weight_j.to(own.value_bhtd)
    scores_qk = weight_j[(offset_qk + reach).clamp(0, 2 * reach)].masked_fill(offset_qk.abs() > reach, FORBIDDEN)
    permitted = _uniform(own)
    bias = scores_qk[None, None] if permitted.bias_bhqk is None else permitted.bias_bhqk + scores_qk
    return replace(permitted, bias_bhqk=bias)


def remove_keys(own: AttentionCall, mask_bk: Tensor) -> AttentionCall:
    """Return the call in which the frames of the utterance do not attend to some keys `[B, K]`."""
    queries_bq = ~outside_keys(own)
    removed_bqk = queries_bq[:, :, None] & mask_bk[:, None]
    removed = own.value_bhtd.new_zeros(removed_bqk.shape).masked_fill(removed_bqk, FORBIDDEN)[:, None]
    return replace(own, bias_bhqk=removed if own.bias_bhqk is None else own.bias_bhqk + removed)


def _silence(own: AttentionCall) -> Tensor:
    """Return which keys `[B, K]` are silent frames of the utterances, or silence after them."""
    return _mask(own, _silent_tokens)


def _padding(own: AttentionCall) -> Tensor:
    """Return which keys `[B, K]` are silence after the utterances."""
    return _mask(own, lambda call, b, tokens: call.utterances.is_outside(b, tokens))


def _silent_tokens(own: AttentionCall, utterance: int, tokens: int) -> np.ndarray:
    speech = own.utterances
    silent, time_n = speech.silent_frames(utterance), speech.places(tokens).time_n
    after = np.ones(max(int(time_n.max()) + 1 - len(silent), 0), bool)
    return np.where(time_n < 0, False, np.concatenate([silent, after])[time_n])


def _mask(own: AttentionCall, tokens_of: Callable[[AttentionCall, int, int], np.ndarray]) -> Tensor:
    tokens = own.value_bhtd.shape[2]
    masks = np.stack([tokens_of(own, b, tokens) for b in range(len(own.lengths))])
    return torch.from_numpy(masks).to(own.value_bhtd.device)


def is_forbidden(bias: Tensor) -> Tensor:
    """Return where a bias forbids a key: it is minus infinity, or of the order of the lowest number."""
    return bias <= torch.finfo(bias.dtype).min / 2
