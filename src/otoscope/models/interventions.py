"""Change the attention of an encoder within a block: remove heads, limit the attention span."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from otoscope.attention.interventions import Intervention, check_span
from otoscope.errors import InputError

if TYPE_CHECKING:
    from otoscope.models.encoder import Encoder


@contextmanager
def without_heads(encoder: "Encoder", heads: Iterable[tuple[int, int]]) -> Iterator["Encoder"]:
    """Set the context of these `(layer, head)` to zero within the block, in addition to those removed already.

    Raises:
        InputError: the model has no such layer or head.
    """
    removed = frozenset((int(layer), int(head)) for layer, head in heads)
    for layer, head in removed:
        check_head(encoder.name, encoder.n_heads, layer, head)
    with _intervene(encoder, replace(encoder.intervention, removed=encoder.intervention.removed | removed)):
        yield encoder


@contextmanager
def limit_span(encoder: "Encoder", radius: int, renormalise: bool = True) -> Iterator["Encoder"]:
    """Let queries attend only to keys at most `radius` frames away within the block.

    Raises:
        InputError: `radius` is negative or longer than any utterance, or the model's frames are patches.
    """
    if radius < 0:
        raise InputError(f"expected a span of 0 frames or more, got {radius}")
    check_span(radius)
    if encoder.family.is_patch_grid:
        raise InputError(f"{encoder.name} attends between patches in bands and times; its span cannot be limited")
    with _intervene(encoder, replace(encoder.intervention, radius=radius, renormalise=renormalise)):
        yield encoder


def check_head(name: str, n_heads: Sequence[int], layer: int, head: int) -> None:
    """Raise InputError if the model `name`, with so many heads in each layer, has no such layer or head."""
    if not 0 <= layer < len(n_heads):
        raise InputError(f"no layer {layer}: {name} has layers 0 to {len(n_heads) - 1}")
    if not 0 <= head < n_heads[layer]:
        heads = f"heads 0 to {n_heads[layer] - 1}" if n_heads[layer] else "no heads"
        raise InputError(f"no head {head}: layer {layer} of {name} has {heads}")


@contextmanager
def _intervene(encoder: "Encoder", intervention: Intervention) -> Iterator[None]:
    before, encoder.intervention = encoder.intervention, intervention
    try:
        yield
    finally:
        encoder.intervention = before
