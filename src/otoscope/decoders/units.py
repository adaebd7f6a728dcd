"""Units in which the heads of a decoder are removed: single heads, or one head index in all layers."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from otoscope.decoders.ablation import DecoderHead
from otoscope.decoders.attention_modules import Kind, num_heads
from otoscope.decoders.attention_record import Head
from otoscope.decoders.transcriber import Transcriber


@dataclass(frozen=True)
class DecoderUnits:
    """The heads of one kind of attention of a decoder, as a grid of units.

    Attributes:
        kind: decoder self-attention or cross-attention.
        layers: number of heads of each layer.
        is_through: whether a unit is one head index in all layers; the grid then has a single layer.
    """

    kind: Kind
    layers: tuple[int, ...]
    is_through: bool = False

    @property
    def counts(self) -> tuple[int, ...]:
        """Return the number of units of each layer of the grid."""
        return (max(self.layers),) if self.is_through else self.layers

    @cached_property
    def members(self) -> Mapping[Head, frozenset[DecoderHead]]:
        """Return the heads of each unit."""
        heads = [(layer, head) for layer, count in enumerate(self.layers) for head in range(count)]
        units: dict[Head, frozenset[DecoderHead]] = {}
        for layer, head in heads:
            unit = (0, head) if self.is_through else (layer, head)
            units[unit] = units.get(unit, frozenset()) | {DecoderHead(self.kind, layer, head)}
        return units

    def heads(self, units: Collection[Head]) -> frozenset[DecoderHead]:
        """Return the heads of some units.

        Examples:
            >>> units = DecoderUnits(Kind.cross, (2, 2), is_through=True)
            >>> sorted(head.name for head in units.heads([(0, 1)]))
            ['cross 0.1', 'cross 1.1']
        """
        return frozenset(head for unit in units for head in self.members[unit])


@dataclass(frozen=True, eq=False)
class DecoderPart:
    """A model that transcribes, and the heads of its decoder that are removed in units."""

    transcriber: Transcriber
    units: DecoderUnits


def decoder_units(transcriber: Transcriber, kind: Kind, *, is_through: bool = False) -> DecoderUnits:
    """Return the units of a kind of attention of a decoder."""
    layers = {place.layer: num_heads(module) for module, place in transcriber.layers.items() if place.kind is kind}
    return DecoderUnits(kind, tuple(layers[layer] for layer in sorted(layers)), is_through)
