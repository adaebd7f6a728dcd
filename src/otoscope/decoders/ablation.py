"""Remove heads of a decoder: their context becomes zero, or its mean over speech, before the output projection."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from otoscope.decoders.attention_modules import DecoderLayer, Kind
from otoscope.decoders.attention_record import Head
from otoscope.decoders.capture import DecoderText, capture_decoder
from otoscope.decoders.head_contexts import changed_contexts
from otoscope.decoders.transcriber import Transcriber
from otoscope.errors import InputError


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

    def replace(place: DecoderLayer, context_bqhd: Tensor) -> Tensor:
        heads = [item for item in removed if (item.kind, item.layer) == (place.kind, place.layer)]
        changed = context_bqhd.clone() if heads else context_bqhd
        for item in heads:
            changed[..., item.head, :] = 0 if means is None else means[item].to(changed)
        return changed

    with changed_contexts(transcriber, replace):
        yield


@torch.inference_mode()
def mean_contexts(
    transcriber: Transcriber, waves: Sequence[np.ndarray], texts: Sequence[DecoderText]
) -> dict[DecoderHead, Tensor]:
    """Return the mean context `[d]` of every head over the tokens of some texts."""
    sums: dict[DecoderLayer, Tensor] = {}

    def add(place: DecoderLayer, context_bqhd: Tensor) -> Tensor:
        sums[place] = sums.get(place, torch.zeros(())) + context_bqhd.double().sum((0, 1)).cpu()
        return context_bqhd

    with changed_contexts(transcriber, add):
        for wave, text in zip(waves, texts, strict=True):
            capture_decoder(transcriber, [wave], [text], cross=())
    count = sum(len(text.ids) for text in texts)
    return {
        DecoderHead(place.kind, place.layer, head): part_d / count
        for place, sum_hd in sums.items()
        for head, part_d in enumerate(sum_hd)
    }


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
