"""Record decoder attention during a forward pass, layer by layer, during the model's own computation.

transformers calls `attention_function` under a name of our own; the mask function of the same name gives it an
additive mask, causal and padded. The context comes from torch's attention, and the weights of the requested heads are
computed once more, so that no more than one layer's maps exist in addition to those that are stored.

Axes: b utterance, h head, q row, k column, d feature.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import eager_mask

from otoscope.decoders.attention_modules import DecoderLayer, Kind, num_heads, output_projection
from otoscope.errors import InputError

NAME = "otoscope-decoder"
OWN_SOFTMAX = {"SpeechT5Attention"}
"""Classes that do not call transformers' attention interface, and return their weights when they are asked to."""

Head = tuple[int, int]
"""Layer and head, from 0."""


@dataclass
class AttentionRecord:
    """Maps of the requested heads; `record` and the hooks of `record_attention` fill it.

    Attributes:
        layers: kind and number of each attention module of the decoder.
        heads: requested heads of each kind; None: all.
        reduce: what is stored of the weights `[b, h, q, k]` of a kind: a crop, for example.
        has_norms: whether the norms of what each column adds to the hidden state are stored too.
        maps: what was stored for each kind, layer and head.
        norms: norms `[b, k]` for each kind, layer and head.
    """

    layers: Mapping[nn.Module, DecoderLayer]
    heads: Mapping[Kind, Sequence[Head] | None]
    reduce: Callable[[Kind, Tensor], Any]
    has_norms: bool = False
    maps: dict[tuple[Kind, Head], Any] = field(default_factory=dict)
    norms: dict[tuple[Kind, Head], Tensor] = field(default_factory=dict)

    def includes(self, module: nn.Module) -> bool:
        """Return whether any head of a module is requested."""
        place = self.layers.get(module)
        requested = self.heads.get(place.kind, ()) if place else ()
        return requested is None or any(place and layer == place.layer for layer, _ in requested)

    def heads_of(self, module: nn.Module, count: int) -> list[int]:
        """Return the requested heads of an attention module with `count` heads.

        Raises:
            InputError: a requested head does not exist.
        """
        place = self.layers[module]
        requested = self.heads[place.kind]
        if requested is None:
            return list(range(count))
        heads = [head for layer, head in requested if layer == place.layer]
        if absent := [head for head in heads if not 0 <= head < count]:
            raise InputError(
                f"expected heads 0 to {count - 1} in layer {place.layer} of the decoder's {place.kind} attention, "
                f"found head {absent[0]}; choose heads of this model"
            )
        return heads

    def store(self, module: nn.Module, heads: Sequence[int], weights_bhqk: Tensor) -> None:
        """Store the weights of the requested heads of a module."""
        place = self.layers[module]
        for index, head in enumerate(heads):
            self.maps[place.kind, (place.layer, head)] = self.reduce(place.kind, weights_bhqk[:, index])

    def store_norms(self, module: nn.Module, heads: Sequence[int], value_bhkd: Tensor) -> None:
        """Store the norms of the values of the requested heads after the output projection of their module."""
        if not self.has_norms:
            return
        place, weight_od = self.layers[module], output_projection(module).weight
        group = num_heads(module) // value_bhkd.shape[1]
        size = weight_od.shape[1] // num_heads(module)  # type: ignore[index]
        for head in heads:
            columns = weight_od[:, head * size : (head + 1) * size].float()  # type: ignore[index]
            value_bkd = value_bhkd[:, head // group, :, :size].float()
            self.norms[place.kind, (place.layer, head)] = (value_bkd @ columns.T).norm(dim=-1).cpu()


_RECORD: ContextVar[AttentionRecord | None] = ContextVar("otoscope_decoder_record", default=None)


def attention_function(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Compute a layer's attention with torch, and store the weights of the requested heads."""
    record = _RECORD.get()
    if record is not None and record.includes(module):
        heads = record.heads_of(module, query.shape[1])
        record.store(module, heads, weights_of(query, key, attention_mask, heads, scaling))
        record.store_norms(module, heads, value)
    return sdpa_attention_forward(module, query, key, value, attention_mask, scaling=scaling, **kwargs)


def weights_of(
    query_bhqd: Tensor, key_bhkd: Tensor, mask: Tensor | None, heads: Sequence[int], scaling: float | None
) -> Tensor:
    """Return the attention weights `[b, h, q, k]` of some heads.

    Args:
        query_bhqd: queries of all heads.
        key_bhkd: keys; fewer heads than queries where a group of heads shares them.
        mask: added to the scores, `[b, 1 or h, q, k]`; None: nothing.
        heads: numbers of the heads.
        scaling: factor of the scores; None: one over the square root of the number of features.
    """
    group = query_bhqd.shape[1] // key_bhkd.shape[1]
    factor = query_bhqd.shape[-1] ** -0.5 if scaling is None else scaling
    keys = key_bhkd[:, [head // group for head in heads]]
    scores = query_bhqd[:, heads] @ keys.transpose(-1, -2) * factor
    if mask is not None:
        scores = scores + (mask if mask.shape[1] == 1 else mask[:, heads])
    return torch.softmax(scores, -1, dtype=torch.float32)


@contextmanager
def record_attention(model: nn.Module, record: AttentionRecord) -> Iterator[None]:
    """Fill the record by the forward passes of `model` within the block; its backend is as before afterwards.

    Raises:
        InputError: the attention of a requested head did not reach the record, so the model cannot be captured.
    """
    with ExitStack() as stack:
        for module in record.layers:
            if type(module).__name__ in OWN_SOFTMAX and record.includes(module):
                stack.enter_context(_returned_weights(module, record))
        stack.enter_context(attention_backend(model, NAME))
        token = _RECORD.set(record)
        stack.callback(_RECORD.reset, token)
        yield
    _check_complete(record, type(model).__name__)


def _check_complete(record: AttentionRecord, name: str) -> None:
    """Raise InputError if a layer with a requested head, or a requested head, was not recorded."""
    recorded = {(kind, layer) for kind, (layer, _) in record.maps}
    requested = {(place.kind, place.layer) for module, place in record.layers.items() if record.includes(module)}
    requested |= {(kind, layer) for kind, heads in record.heads.items() for layer, _ in heads or ()}
    if missing := sorted(requested - recorded):
        kind, layer = missing[0]
        count = sum(place.kind == kind for place in record.layers.values())
        reason = "does not pass it to transformers' attention interface" if layer < count else f"has {count} layers"
        raise InputError(
            f"expected the {kind} attention of layer {layer}, found none: the decoder of {name} {reason}; choose heads "
            "of this model"
        )


@contextmanager
def attention_backend(model: nn.Module, name: str) -> Iterator[None]:
    """Use another attention implementation of transformers within the block; restore every configuration after it."""
    configs = {id(config): config for module in model.modules() if (config := getattr(module, "config", None))}
    before = {key: config._attn_implementation_internal for key, config in configs.items()}
    try:
        for config in configs.values():
            config._attn_implementation_internal = name
        yield
    finally:
        for key, config in configs.items():
            config._attn_implementation_internal = before[key]


@contextmanager
def _returned_weights(module: nn.Module, record: AttentionRecord) -> Iterator[None]:
    """Ask a module for its weights, store those of the requested heads, and hide them from the model."""

    def ask(module: nn.Module, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        if record.has_norms:
            states = kwargs.get("key_value_states")
            value_bkd = module.v_proj(kwargs.get("hidden_states", *args[:1]) if states is None else states)  # type: ignore[operator]
            count = num_heads(module)
            value_bhkd = value_bkd.unflatten(-1, (count, -1)).transpose(1, 2)
            record.store_norms(module, record.heads_of(module, count), value_bhkd)
        return args, {**kwargs, "output_attentions": True}

    def store(module: nn.Module, args: Any, output: tuple[Tensor, Tensor]) -> tuple[Tensor, None]:
        heads = record.heads_of(module, output[1].shape[1])
        record.store(module, heads, output[1][:, heads].float())
        return output[0], None

    hooks = module.register_forward_pre_hook(ask, with_kwargs=True), module.register_forward_hook(store)
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


AttentionInterface.register(NAME, attention_function)
AttentionMaskInterface.register(NAME, eager_mask)
