"""Interventions on sinks: keys that are removed, and keys that give nothing while the weights stay.

Axes: b utterance, h head, k key.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.key_masses import inside, no_keys, outside_keys, sink_keys
from otoscope.attention.pattern_changes import Head, PatternChange, remove_keys
from otoscope.statistics.builtin.sink_share import MULTIPLE

Keys = Callable[[AttentionCall], Tensor]
"""Returns which keys `[B, K]` of the call of one head are meant."""
INTACT, CONTROL = "intact", "others removed"


def conditions(heads: Iterable[Head], sees_silence: bool) -> dict[str, tuple[PatternChange, ...]]:
    """Return the changes of each condition by its name; the first changes nothing.

    `removed`: the frames of the utterance do not attend to the keys, and their other weights sum to one; silence and
    special tokens attend as before. `emptied`: the values of the keys are zero, and all weights stay. As a control, as
    many other keys as there are sinks are removed.

    Args:
        heads: the heads that change.
        sees_silence: whether the model attends to silence after the utterance.
    """
    changed = frozenset(heads)
    by_name: dict[str, tuple[PatternChange, ...]] = {
        INTACT: (),
        "sinks removed": (_change("without-sinks", changed, sinks, remove_keys),),
        "sinks emptied": (_change("empty-sinks", changed, sinks, empty_keys),),
        CONTROL: (_change("without-others", changed, others, remove_keys),),
    }
    if sees_silence:
        by_name["padding removed"] = (_change("without-padding", changed, outside_keys, remove_keys),)
    return by_name


def _change(
    name: str, heads: frozenset[Head], keys: Keys, change: Callable[[AttentionCall, Tensor], AttentionCall]
) -> PatternChange:
    return PatternChange(name, heads, lambda own, *_: change(own, keys(own)))


def empty_keys(own: AttentionCall, mask_bk: Tensor) -> AttentionCall:
    """Return the call in which the values of some keys `[B, K]` are zero; the attention stays."""
    return replace(own, value_bhtd=own.value_bhtd.masked_fill(mask_bk[:, None, :, None], 0))


def sinks(own: AttentionCall) -> Tensor:
    """Return which keys `[B, K]` draw more than ten times uniform attention on the frames of the utterance."""
    return sink_keys(own, MULTIPLE)


def others(own: AttentionCall) -> Tensor:
    """Return as many keys of the utterance that are no sinks as there are sinks, evenly spread over it, `[B, K]`."""
    is_sink_bk, mask_bk = sinks(own), no_keys(own)
    for b in range(len(own.lengths)):
        is_inside = torch.from_numpy(inside(own, b)).to(mask_bk.device)
        free = (is_inside & ~is_sink_bk[b, : len(is_inside)]).nonzero()[:, 0]
        count = min(int(is_sink_bk[b].sum()), max(len(free) - 1, 0))
        places = ((torch.arange(count, device=free.device) + 0.5) * len(free) / max(count, 1)).long()
        mask_bk[b, free[places]] = True
    return mask_bk
