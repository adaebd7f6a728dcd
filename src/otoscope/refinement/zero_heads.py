"""Heads that give nothing, in the encoder and in the decoder of a model, and a refined model without them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from otoscope.decoders.attention_modules import find_decoder
from otoscope.errors import InputError
from otoscope.refinement.gates import GatedPart, GateSite, gate_sites
from otoscope.refinement.head_selection import Head
from otoscope.refinement.modeling import DECODER_FIELD, keep_decoder_heads
from otoscope.refinement.source_model import SourceModel

DecoderHead = tuple[str, int, int]
"""Part, layer and number of a head."""


@dataclass(frozen=True)
class ZeroHeads:
    """Heads that can go without a change of the output.

    Attributes:
        encoder: heads `(layer, head)` of the encoder.
        decoder: numbers of such heads in layers of the decoder.
    """

    encoder: Sequence[Head]
    decoder: dict[GateSite, Sequence[int]]

    @property
    def of_decoder(self) -> tuple[DecoderHead, ...]:
        """The heads of the decoder, as (part, layer, head)."""
        return tuple((site.part.value, site.layer, head) for site, heads in self.decoder.items() for head in heads)


def find_zero_heads(source: SourceModel) -> ZeroHeads:
    """Return the heads of a model whose columns of the output projection are zero.

    A layer of a decoder keeps one head, since its cache of keys counts the tokens. Heads of `alignment_heads` in the
    settings of generation stay too: times of words are read from their attention.

    Raises:
        InputError: there are none, or the decoder keeps its heads where otoscope does not know them.
    """
    name, whole = source.encoder.name, source.whole
    sites = gate_sites(whole, source.encoder.model, source.parts, name)
    zero = {site: _zero_heads(whole, site) for site in sites}
    encoder = [(site.layer, head) for site in sites if site.part is GatedPart.encoder for head in zero[site]]
    decoder = {site: _removable(whole, site, zero[site]) for site in sites if site.part is not GatedPart.encoder}
    heads = ZeroHeads(encoder, {site: each for site, each in decoder.items() if each})
    if not encoder and not heads.decoder:
        raise InputError(
            f"expected heads of {name} that give nothing, as --remove-below of --adapt and --calm leaves them, found "
            "none that can go; omit --drop-zero-heads"
        )
    return heads


def _zero_heads(whole: Any, site: GateSite) -> list[int]:
    weight_oi = whole.get_submodule(site.output).weight.detach()
    largest_h = weight_oi.abs().amax(0).reshape(site.heads, -1).amax(1)
    return [head for head, largest in enumerate(largest_h.tolist()) if largest == 0]


def _removable(whole: Any, site: GateSite, zero: Sequence[int]) -> list[int]:
    kept = {head for layer, head in _alignment_heads(whole) if site.part is GatedPart.cross and layer == site.layer}
    removable = [head for head in zero if head not in kept]
    return removable[1:] if len(removable) == site.heads else removable


def _alignment_heads(whole: Any) -> list[list[int]]:
    settings = getattr(whole, "generation_config", None)
    return getattr(settings, "alignment_heads", None) or []


def drop_decoder_heads(refined: Any, source: SourceModel, zero: ZeroHeads) -> None:
    """Remove such heads of the decoder of a refined model, in place; its configuration and settings follow."""
    if not zero.decoder:
        return
    decoder = find_decoder(source.whole, source.encoder.name)
    prefix = next(path for path, module in source.whole.named_modules() if module is decoder)
    remaining = {
        site: [head for head in range(site.heads) if head not in heads] for site, heads in zero.decoder.items()
    }
    by_name = {site.output.removeprefix(f"{prefix}.").rpartition(".")[0]: heads for site, heads in remaining.items()}
    keep_decoder_heads(refined, by_name)
    counts = {name: len(heads) for name, heads in by_name.items()}
    setattr(refined.config, DECODER_FIELD, (getattr(refined.config, DECODER_FIELD) or {}) | counts)
    numbers = {site.layer: heads for site, heads in remaining.items() if site.part is GatedPart.cross}
    if alignment := _alignment_heads(refined):
        refined.generation_config.alignment_heads = [
            [layer, numbers[layer].index(head) if layer in numbers else head] for layer, head in alignment
        ]
