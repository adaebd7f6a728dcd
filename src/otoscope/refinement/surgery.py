"""Heads and feed-forward units taken out of a model: rows and columns of the weights around them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from otoscope.attention.call import current_handler
from otoscope.attention.hf_capture import attention_function
from otoscope.attention.span_attention import PATTERNS, SPAN
from otoscope.refinement.layouts import EncoderLayout


class NoHeadAttention(nn.Module):
    """What is left of attention when all heads of a layer are removed: an empty context, and the output's bias.

    It still reports an attention call without heads to the active handler, so that the handler counts every layer.
    """

    def __init__(self, core: Any, size: int, output: tuple[str, nn.Module] | None) -> None:
        """Replace `core`, whose heads had a `size`; `output`: name and projection, if `core` holds it."""
        super().__init__()
        self.config, self.size, self.output = core.config, size, output[0] if output else None
        if output:
            self.add_module(*output)

    def forward(
        self, hidden_states: Tensor, attention_mask: Tensor | None = None, **kwargs: object
    ) -> tuple[Tensor, None]:
        """Empty context `[B, T, 0]`, or the output's bias `[B, T, d]`."""
        batch, length, _ = hidden_states.shape
        if current_handler() is not None:
            nothing_bhtd = hidden_states.new_empty(batch, 0, length, self.size)
            attention_function(self, nothing_bhtd, nothing_bhtd, nothing_bhtd, attention_mask, scaling=1.0)
        context = hidden_states.new_empty(batch, length, 0)
        return (self.get_submodule(self.output)(context) if self.output else context), None


def blocks(encoder: nn.Module, parts: EncoderLayout) -> list[str]:
    """Names of the attention blocks of an encoder, layer by layer."""
    kinds = (parts.block,) if parts.core else (parts.block, NoHeadAttention.__name__)
    stack = encoder.get_submodule(parts.stack)
    return [
        f"{parts.stack}.{name}".lstrip(".") for name, module in stack.named_modules() if type(module).__name__ in kinds
    ]


def keep_heads(encoder: nn.Module, parts: EncoderLayout, remaining: Sequence[Sequence[int]]) -> None:
    """Leave of each layer the `remaining` heads alone, in place."""
    for name, heads in zip(blocks(encoder, parts), remaining, strict=True):
        core = encoder.get_submodule(_core(name, parts))
        if len(heads) < getattr(core, parts.count, 0):
            keep_in_block(encoder, name, parts, heads)


def layer_names(encoder: nn.Module, parts: EncoderLayout) -> list[str]:
    """Names of the layers of an encoder, which hold an attention block and a feed-forward part each."""
    return [name.rpartition(".")[0] for name in blocks(encoder, parts)]


def feed_forward(encoder: nn.Module, parts: EncoderLayout, layer: str) -> tuple[Any, Any]:
    """Return both linear maps of the feed-forward part of a layer: to its units, and from them."""
    up, down = (encoder.get_submodule(f"{layer}.{name}") for name in parts.feed_forward)
    return up, down


def keep_units(encoder: nn.Module, parts: EncoderLayout, remaining: Sequence[Sequence[int]]) -> None:
    """Leave of each layer the `remaining` feed-forward units alone, in place."""
    for layer, units in zip(layer_names(encoder, parts), remaining, strict=True):
        up, down = feed_forward(encoder, parts, layer)
        if len(units) < up.out_features:
            index = torch.tensor(list(units), dtype=torch.long)
            keep_features(up, index, 0)
            keep_features(down, index, 1)


def resize_heads(encoder: nn.Module, parts: EncoderLayout, sizes: Sequence[int]) -> None:
    """Leave of every head of each layer its first features alone, in place; the factor of the scores stays."""
    for name, size in zip(blocks(encoder, parts), sizes, strict=True):
        block, core = encoder.get_submodule(name), encoder.get_submodule(_core(name, parts))
        heads, before = getattr(core, parts.count, 0), getattr(core, parts.size, size)
        if not heads or not size or size >= before:
            continue
        features = (torch.arange(heads)[:, None] * before + torch.arange(size)).flatten()
        for projection in parts.inputs:
            keep_features(block.get_submodule(projection), features, 0)
        keep_features(block.get_submodule(parts.output), features, 1)
        setattr(core, parts.size, size)


LayerSpan = int | list[int | None] | None
"""Frames on each side of a query: of all heads with queries of a layer, or of each; None: all frames."""


def set_spans(encoder: nn.Module, parts: EncoderLayout, spans: Sequence[LayerSpan]) -> None:
    """Limit the attention of each layer, or of each of its heads, to a span."""
    for name, span in zip(blocks(encoder, parts), spans, strict=True):
        core: Any = encoder.get_submodule(_core(name, parts))
        setattr(core, SPAN, span)


def get_spans(encoder: nn.Module, parts: EncoderLayout) -> list[LayerSpan]:
    """Return the span of each layer, or of its heads."""
    return [getattr(encoder.get_submodule(_core(name, parts)), SPAN, None) for name in blocks(encoder, parts)]


def _keep_spans(core: Any, heads: Sequence[int]) -> None:
    """Leave the spans of some heads of a layer whose heads have their own, in this order."""
    span = getattr(core, SPAN, None)
    if isinstance(span, list):
        setattr(core, SPAN, simplified([span[head] for head in heads]))


def simplified(spans: Sequence[int | None]) -> LayerSpan:
    """Return spans of heads as one where they are equal.

    >>> simplified([8, 8]), simplified([8, None]), simplified([])
    (8, [8, None], None)
    """
    return list(spans) if len(set(spans)) > 1 else next(iter(spans), None)


@dataclass(frozen=True)
class EncoderShape:
    """What is left in each layer of an encoder: heads, features of a head, feed-forward units; None: as in its family.

    Attributes:
        heads, sizes, units: numbers of each layer.
        patterns: number of heads with fixed patterns of each layer, which `heads` does not count.
    """

    heads: Sequence[int]
    sizes: Sequence[int] | None
    units: Sequence[int] | None
    patterns: Sequence[int]


def shape_of(encoder: nn.Module, parts: EncoderLayout) -> EncoderShape:
    """Return the shape of the layers of an encoder."""
    cores: list[Any] = [encoder.get_submodule(_core(name, parts)) for name in blocks(encoder, parts)]
    layers = layer_names(encoder, parts)
    return EncoderShape(
        [getattr(core, parts.count, 0) for core in cores],
        [getattr(core, parts.size, 0) for core in cores] if parts.size else None,
        [feed_forward(encoder, parts, name)[0].out_features for name in layers] if parts.feed_forward else None,
        [len(getattr(core, PATTERNS, ())) for core in cores],
    )


def scale_heads(encoder: Any, parts: EncoderLayout, scales: Sequence[Tensor]) -> None:
    """Multiply what each head `[layer][H]` gives by a number, in place."""
    for name, scale in zip(blocks(encoder, parts), scales, strict=True):
        weight = encoder.get_submodule(f"{name}.{parts.output}").weight
        if len(scale):
            columns = scale.to(weight.detach()).repeat_interleave(weight.shape[1] // len(scale))
            weight.data.mul_(columns)


def keep_in_block(model: nn.Module, name: str, parts: EncoderLayout, heads: Sequence[int]) -> None:
    """Leave of one attention block of a model some heads alone, in place."""
    block, core = model.get_submodule(name), model.get_submodule(_core(name, parts))
    inputs: list[Any] = [block.get_submodule(path) for path in parts.inputs]
    output: Any = block.get_submodule(parts.output)
    size = inputs[0].weight.shape[0] // getattr(core, parts.count)
    rows = features_of(heads, size)
    for projection in inputs:
        keep_features(projection, rows, 0)
    keep_features(output, rows, 1)
    setattr(core, parts.count, len(heads))
    _keep_spans(core, heads)
    if parts.width:
        setattr(core, parts.width, len(rows))
    if not len(heads):
        model.set_submodule(
            _core(name, parts), NoHeadAttention(core, size, None if parts.core else (parts.output, output))
        )


def features_of(heads: Sequence[int], size: int) -> Tensor:
    """Return the numbers of the features of some heads of one size, head after head."""
    return (torch.tensor(list(heads), dtype=torch.long)[:, None] * size + torch.arange(size)).flatten()


def fix_patterns(encoder: nn.Module, parts: EncoderLayout, layer: int, scores: Mapping[int, Tensor]) -> None:
    """Replace some heads of a layer by scores of offsets `[2 * radius + 1]`, in place; these heads become the last.

    They lose their queries and keys. The layer keeps a head with queries, and has no pattern yet.
    """
    name = blocks(encoder, parts)[layer]
    block: Any = encoder.get_submodule(name)
    core: Any = encoder.get_submodule(_core(name, parts))
    query, key, value = (block.get_submodule(each) for each in parts.inputs)
    heads: int = getattr(core, parts.count)
    size = query.weight.shape[0] // heads
    free = [head for head in range(heads) if head not in scores]
    for projection in (query, key):
        keep_features(projection, features_of(free, size), 0)
    in_order = features_of([*free, *scores], size)
    keep_features(value, in_order, 0)
    keep_features(block.get_submodule(parts.output), in_order, 1)
    setattr(core, parts.count, len(free))
    _keep_spans(core, free)
    setattr(core, PATTERNS, nn.Parameter(torch.stack(list(scores.values())).to(query.weight)))


def keep_features(linear: Any, index: Tensor, axis: int) -> None:
    """Leave of a linear map only some outputs (`axis` 0) or inputs (1), in place."""
    index = index.to(linear.weight.device)
    linear.weight = nn.Parameter(linear.weight.detach().index_select(axis, index))
    if axis == 0 and linear.bias is not None:
        linear.bias = nn.Parameter(linear.bias.detach().index_select(0, index))
    linear.out_features, linear.in_features = linear.weight.shape


def _core(name: str, parts: EncoderLayout) -> str:
    return f"{name}.{parts.core}" if parts.core else name
