"""Gates of heads: a scale of what a head gives, and a temperature of its softmax, in encoders and decoders.

A scale multiplies the columns of the output projection that belong to a head. A temperature divides the scores, and so
the rows and the bias of its projection to queries; terms of relative positions that are products with the query are
divided too. Both fold into the weights: the result is a model of the same class and speed.

Axes: h head; other axes are those of the states.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from otoscope.decoders.attention_modules import DecoderLayer, decoder_layers, find_decoder
from otoscope.errors import InputError
from otoscope.refinement.layouts import EncoderLayout
from otoscope.refinement.surgery import blocks, shape_of


class GatedPart(StrEnum):
    """The attention of a model that a head belongs to."""

    encoder = "encoder"
    own = "self"
    cross = "cross"


@dataclass(frozen=True)
class GateSite:
    """One layer of attention whose heads can be gated.

    Attributes:
        part: where it is.
        layer: number of the layer within the part.
        query: name of the projection to queries in the whole model.
        output: name of the projection from the contexts of the heads.
        heads: number of heads.
    """

    part: GatedPart
    layer: int
    query: str
    output: str
    heads: int


@dataclass(frozen=True)
class HeadGate:
    """The gate of one head; a scale and a temperature of 1 change nothing."""

    part: GatedPart
    layer: int
    head: int
    scale: float = 1.0
    temperature: float = 1.0


@dataclass(frozen=True)
class GateValues:
    """Scales and temperatures of all heads of a site, `[H]` each."""

    scale_h: Tensor
    temperature_h: Tensor


SiteValues = Mapping[GateSite, GateValues]


def gate_sites(whole: Any, encoder: nn.Module, parts: EncoderLayout, name: str) -> list[GateSite]:
    """Return every layer of attention of a model whose heads can be gated: encoder, then decoder.

    Args:
        whole: the model.
        encoder: its encoder, `whole` itself or a part of it.
        parts: where the encoder keeps its heads.
        name: the model, for messages.

    Raises:
        InputError: the decoder keeps its heads where otoscope does not know them, or heads have fixed patterns.
    """
    if any(shape_of(encoder, parts).patterns):
        raise InputError(f"expected heads that gates can change, found fixed patterns in {name}; gate its original")
    names = {module: path for path, module in whole.named_modules()}
    prefix = f"{names[encoder]}." if names[encoder] else ""
    sites = []
    for layer, block in enumerate(blocks(encoder, parts)):
        core: Any = encoder.get_submodule(f"{block}.{parts.core}" if parts.core else block)
        if heads := getattr(core, parts.count, 0):
            query, output = f"{prefix}{block}.{parts.inputs[0]}", f"{prefix}{block}.{parts.output}"
            sites.append(GateSite(GatedPart.encoder, layer, query, output, heads))
    return sites + _decoder_sites(whole, names, name)


def _decoder_sites(whole: Any, names: Mapping[nn.Module, str], name: str) -> list[GateSite]:
    if not has_decoder(whole):
        return []
    sites = []
    modules: Mapping[Any, DecoderLayer] = decoder_layers(find_decoder(whole, name), name)
    for module, place in modules.items():
        linear = {path for path, _ in module.named_children()}
        output = next(iter(linear & {"out_proj", "o_proj"}), "")
        if "q_proj" not in linear or not output or not getattr(module, "num_heads", 0):
            raise InputError(
                f"the decoder of {name} has attention of the class {type(module).__name__}, whose heads cannot be "
                "gated: it has no q_proj, out_proj and num_heads; take a model such as Whisper"
            )
        path = names[module]
        kind = GatedPart(place.kind.value)
        sites.append(GateSite(kind, place.layer, f"{path}.q_proj", f"{path}.{output}", module.num_heads))
    return sorted(sites, key=lambda site: (site.part is GatedPart.cross, site.layer))


def has_decoder(whole: Any) -> bool:
    """Return whether a model has a decoder that attends to an encoder."""
    if not getattr(whole.config, "is_encoder_decoder", False):
        return False
    try:
        find_decoder(whole, type(whole).__name__)
    except InputError:  # the encoder alone, or with a classifier
        return False
    return True


def read_gates(path: str | Path) -> list[HeadGate]:
    """Return the gates in a JSON file: objects with part, layer, head, scale and temperature, the last two optional.

    Raises:
        InputError: the file has another content.
    """
    try:
        items = json.loads(Path(path).read_text(encoding="utf-8"))
        return [_gate(item) for item in items]
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f'{path}: expected a JSON list of gates such as {{"part": "self", "layer": 0, "head": 1, "scale": 0.5, '
            f'"temperature": 1.2}}, found {type(error).__name__}: {error}; correct the file'
        ) from error


def _gate(item: Mapping[str, Any]) -> HeadGate:
    if unknown := set(item) - {"part", "layer", "head", "scale", "temperature"}:
        raise ValueError(f"unknown field {sorted(unknown)[0]}")
    gate = HeadGate(
        GatedPart(item["part"]),
        int(item["layer"]),
        int(item["head"]),
        float(item.get("scale", 1)),
        float(item.get("temperature", 1)),
    )
    if not math.isfinite(gate.scale) or not 0 < gate.temperature < math.inf:
        raise ValueError(f"a scale of {gate.scale} and a temperature of {gate.temperature}")
    return gate


def gate_values(sites: Sequence[GateSite], gates: Iterable[HeadGate], name: str) -> dict[GateSite, GateValues]:
    """Return the gates of all heads of the sites that have one.

    Raises:
        InputError: the model `name` has no such layer or head.
    """
    places = {(site.part, site.layer): site for site in sites}
    values: dict[GateSite, GateValues] = {}
    for gate in gates:
        site = places.get((gate.part, gate.layer))
        if site is None or not 0 <= gate.head < site.heads:
            present = ", ".join(f"{part} {layer} ({each.heads} heads)" for (part, layer), each in places.items())
            raise InputError(f"{name} has no head {gate.head} in {gate.part} {gate.layer}; it has {present}")
        site_values = values.setdefault(site, GateValues(torch.ones(site.heads), torch.ones(site.heads)))
        site_values.scale_h[gate.head], site_values.temperature_h[gate.head] = gate.scale, gate.temperature
    return values


def head_gates(values: SiteValues) -> list[HeadGate]:
    """Return the gate of every head of some sites."""
    return [
        HeadGate(site.part, site.layer, head, scale, temperature)
        for site, each in values.items()
        for head, (scale, temperature) in enumerate(
            zip(each.scale_h.tolist(), each.temperature_h.tolist(), strict=True)
        )
    ]


@contextmanager
def gated(model: nn.Module, values: SiteValues) -> Iterator[None]:
    """Gate heads of a model within the block; gradients flow to the values."""
    with ExitStack() as hooks:
        for site, each in values.items():
            query, output = model.get_submodule(site.query), model.get_submodule(site.output)
            hooks.enter_context(query.register_forward_hook(_Temperature(each)))
            hooks.enter_context(output.register_forward_pre_hook(_Scale(each)))
        yield


@dataclass(frozen=True)
class _Temperature:
    values: GateValues

    def __call__(self, module: nn.Module, inputs: tuple[Tensor, ...], queries: Tensor) -> Tensor:
        return queries / _per_feature(self.values.temperature_h, queries)


@dataclass(frozen=True)
class _Scale:
    values: GateValues

    def __call__(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        return (inputs[0] * _per_feature(self.values.scale_h, inputs[0]), *inputs[1:])


def _per_feature(values_h: Tensor, states: Tensor) -> Tensor:
    return values_h.to(states).repeat_interleave(states.shape[-1] // len(values_h))


@torch.no_grad()
def fold_gates(model: nn.Module, values: SiteValues) -> None:
    """Multiply gates into the weights of a model, in place."""
    for site, each in values.items():
        query: Any = model.get_submodule(site.query)
        output: Any = model.get_submodule(site.output)
        output.weight.mul_(_per_feature(each.scale_h, output.weight))
        temperature = _per_feature(each.temperature_h, query.weight.T)
        query.weight.div_(temperature[:, None])
        if query.bias is not None:
            query.bias.div_(temperature)
