"""Remove heads of a decoder: their context becomes zero, or its mean over speech, before the output projection.

After the output projection no slice of the features belongs to one head.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.attention_record import Head
from otoscope.decoders.capture import DecoderText, capture_decoder
from otoscope.decoders.transcriber import Transcriber
from otoscope.errors import InputError

PROJECTIONS = ("out_proj", "o_proj")


@dataclass(frozen=True, order=True)
class DecoderHead:
    """A head of decoder self-attention or cross-attention."""

    kind: Kind
    layer: int
    head: int

    @property
    def name(self) -> str:
        """Kind, layer and head as text."""
        return f"{self.kind} {self.layer}.{self.head}"


def decoder_heads(transcriber: Transcriber, wave: np.ndarray, text: DecoderText) -> list[DecoderHead]:
    """Return all heads of a decoder, in order, as one pass shows them."""
    (maps,) = capture_decoder(transcriber, [wave], [text], cross=None, own=None)
    parts: dict[Kind, Collection[Head]] = {Kind.own: maps.own, Kind.cross: maps.cross}
    return [DecoderHead(kind, *head) for kind, heads in parts.items() for head in heads]


@contextmanager
def without_decoder_heads(
    transcriber: Transcriber, removed: Collection[DecoderHead], means: Mapping[DecoderHead, Tensor] | None = None
) -> Iterator[None]:
    """Replace the context of some heads within the block.

    Args:
        transcriber: the model.
        removed: the heads.
        means: context `[d]` of each head in its place, as `mean_contexts` returns it; None: zero.
    """
    with ExitStack() as hooks:
        for module, place in transcriber.layers.items():
            heads = sorted(item for item in removed if (item.kind, item.layer) == (place.kind, place.layer))
            if heads:
                hooks.enter_context(_replaced(module, heads, means))
        yield


@contextmanager
def _replaced(
    module: nn.Module, heads: Sequence[DecoderHead], means: Mapping[DecoderHead, Tensor] | None
) -> Iterator[None]:
    def replace(_: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        context = inputs[0].clone()
        size = context.shape[-1] // num_heads(module)
        for item in heads:
            part = slice(item.head * size, (item.head + 1) * size)
            context[..., part] = 0 if means is None else means[item].to(context)
        return (context, *inputs[1:])

    hook = output_projection(module).register_forward_pre_hook(replace)
    try:
        yield
    finally:
        hook.remove()


def output_projection(module: nn.Module) -> nn.Module:
    """Return the linear layer that receives the contexts of the heads of an attention module.

    Raises:
        InputError: it has none with a name that is known.
    """
    for name in PROJECTIONS:
        if isinstance(layer := getattr(module, name, None), nn.Module):
            return layer
    raise InputError(
        f"expected an output projection named {' or '.join(PROJECTIONS)} in {type(module).__name__}, found none; heads "
        "of this model cannot be removed"
    )


def num_heads(module: nn.Module) -> int:
    """Return the number of query heads of an attention module."""
    if (count := getattr(module, "num_heads", None)) is not None:
        return int(count)
    features: int = output_projection(module).in_features  # type: ignore[assignment]
    return features // int(module.head_dim)  # type: ignore[arg-type]


@torch.inference_mode()
def mean_contexts(
    transcriber: Transcriber, waves: Sequence[np.ndarray], texts: Sequence[DecoderText]
) -> dict[DecoderHead, Tensor]:
    """Return the mean context `[d]` of every head over the tokens of some texts."""
    sums: dict[nn.Module, Tensor] = {}
    with ExitStack() as stack:
        for module in transcriber.layers:
            stack.enter_context(_summed(module, sums))
        for wave, text in zip(waves, texts, strict=True):
            capture_decoder(transcriber, [wave], [text], cross=())
    count = sum(len(text.ids) for text in texts)
    return {
        DecoderHead(place.kind, place.layer, head): part / count
        for module, place in transcriber.layers.items()
        for head, part in enumerate(sums[module].chunk(num_heads(module)))
    }


@contextmanager
def _summed(module: nn.Module, sums: dict[nn.Module, Tensor]) -> Iterator[None]:
    def add(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        sums[module] = sums.get(module, torch.zeros(())) + inputs[0].double().sum((0, 1)).cpu()

    hook = output_projection(module).register_forward_pre_hook(add)
    try:
        yield
    finally:
        hook.remove()


def check_effects(
    transcriber: Transcriber, wave: np.ndarray, text: DecoderText, removals: Iterable[Collection[DecoderHead]]
) -> None:
    """Raise InputError if a removal of heads changes no probability of a text: then it did not take effect."""
    (intact,) = capture_decoder(transcriber, [wave], [text], cross=())
    for removed in removals:
        with without_decoder_heads(transcriber, removed):
            (changed,) = capture_decoder(transcriber, [wave], [text], cross=())
        if np.array_equal(intact.log_probability, changed.log_probability):
            names = ", ".join(item.name for item in sorted(removed))
            raise InputError(
                f"expected another output of {transcriber.name} without {names}, found the same; its effect cannot be "
                "measured"
            )
