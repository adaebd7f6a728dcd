"""Change an encoder within a block: remove or gate heads, limit the attention span, replace outputs and patterns."""

import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from otoscope.attention.interventions import HeadFactors, Intervention, check_span
from otoscope.attention.output_changes import OutputChange
from otoscope.attention.pattern_changes import PatternChange
from otoscope.errors import InputError
from otoscope.models.blocks import block_modules

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


@contextmanager
def intervene(encoder: "Encoder", *changes: OutputChange | PatternChange | HeadFactors) -> Iterator["Encoder"]:
    """Replace outputs and patterns, and gate heads, within the block, after the changes of outer blocks.

    Raises:
        InputError: the model has no such layer, head or block; a head is gated twice, or its temperature is not above
            0.
    """
    outputs = tuple(change for change in changes if isinstance(change, OutputChange))
    patterns = tuple(change for change in changes if isinstance(change, PatternChange))
    for output in outputs:
        _check_units(encoder, output)
    for pattern in patterns:
        _check_pattern(encoder, pattern)
    before = encoder.intervention
    factors = before.factors + tuple(change for change in changes if isinstance(change, HeadFactors))
    _check_factors(encoder, factors)
    changed = replace(before, outputs=before.outputs + outputs, patterns=before.patterns + patterns, factors=factors)
    with _intervene(encoder, changed):
        yield encoder


def _check_factors(encoder: "Encoder", factors: Sequence[HeadFactors]) -> None:
    heads = [(each.layer, each.head) for each in factors]
    for each in factors:
        check_head(encoder.name, encoder.n_heads, each.layer, each.head)
        is_finite = 0 < each.temperature < math.inf and math.isfinite(each.scale)
        if not is_finite or heads.count((each.layer, each.head)) > 1:
            raise InputError(
                f"expected one finite scale and one temperature above 0 for each head, found {each.scale:g} and "
                f"{each.temperature:g} for head {each.layer}.{each.head}; correct them"
            )


def _check_units(encoder: "Encoder", change: OutputChange) -> None:
    if change.block != "heads":
        block_modules(encoder)
    for layer, unit in change.units:
        if change.block == "heads":
            check_head(encoder.name, encoder.n_heads, layer, unit)
        elif not 0 <= layer < encoder.n_layers:
            raise InputError(f"no layer {layer}: {encoder.name} has layers 0 to {encoder.n_layers - 1}")


def _check_pattern(encoder: "Encoder", change: PatternChange) -> None:
    for layer, head in change.heads:
        check_head(encoder.name, encoder.n_heads, layer, head)
    if change.needs_time and encoder.family.is_patch_grid:
        raise InputError(
            f"{encoder.name} attends between patches in bands and times; the change {change.name} needs frames in time"
        )


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
