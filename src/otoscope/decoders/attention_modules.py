"""The attention modules of a decoder, by kind and layer."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from torch import nn

from otoscope.errors import InputError


class Kind(StrEnum):
    """What a decoder attends to: `own` is its own tokens, `cross` is the encoded audio."""

    own = "self"
    cross = "cross"


KIND_OF_NAME = {"self_attn": Kind.own, "encoder_attn": Kind.cross, "cross_attention": Kind.cross}
"""Names of attention modules in the decoders of transformers."""
PROJECTIONS = ("out_proj", "o_proj")
"""Names of their output projections."""


@dataclass(frozen=True)
class DecoderLayer:
    """Kind of an attention module, and the number of its layer from 0."""

    kind: Kind
    layer: int


def find_decoder(model: Any, name: str) -> Any:
    """Return the decoder of a model of transformers.

    Raises:
        InputError: it has none, as an encoder with CTC.
    """
    decoder = model.get_decoder() if hasattr(model, "get_decoder") else None
    if decoder is None or decoder is model or not hasattr(model, "get_encoder"):
        raise InputError(
            f"{name} ({type(model).__name__}) has no decoder that attends to an encoder; expected a model that "
            "transcribes, as Whisper"
        )
    return decoder


def decoder_layers(decoder: nn.Module, name: str) -> dict[nn.Module, DecoderLayer]:
    """Return kind and layer of each attention module of a decoder.

    Raises:
        InputError: no module has the name of cross-attention.
    """
    places: dict[nn.Module, DecoderLayer] = {}
    counts = dict.fromkeys(Kind, 0)
    for path, module in decoder.named_modules():
        if (kind := KIND_OF_NAME.get(path.rpartition(".")[2])) is not None:
            places[module] = DecoderLayer(kind, counts[kind])
            counts[kind] += 1
    if not counts[Kind.cross]:
        raise InputError(
            f"the decoder of {name} ({type(decoder).__name__}) has no module named {' or '.join(KIND_OF_NAME)}; "
            "otoscope does not know its attention"
        )
    return places


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
