"""A refined model from its source, and the same model as plain transformers can hold it."""

from copy import deepcopy
from typing import Any

import torch
from torch import Tensor
from transformers import WhisperModel
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.whisper.modeling_whisper import WhisperEncoder

from otoscope.models.load import silence_transformers
from otoscope.refinement.modeling import (
    DECODER_FIELD,
    RADIUS_FIELD,
    SHAPE_FIELDS,
    refined_class,
    refined_config,
    spans_of_layers,
)
from otoscope.refinement.source_model import SourceModel
from otoscope.refinement.surgery import LayerSpan, simplified

Span = int | list[LayerSpan] | None
"""Frames on each side of a query: of all layers, of each, or of the heads of each; None: all frames."""
EMPTY_DECODER = {"decoder_layers": 0, "vocab_size": 1, "max_target_positions": 1} | dict.fromkeys(
    ("pad_token_id", "bos_token_id", "eos_token_id", "decoder_start_token_id"), 0
)
NOT_ITS_OWN = ("model_type", "architectures", "transformers_version")


def build(source: SourceModel, span: int | None = None) -> Any:
    """Return a refined model with all that the source has; a `span` of None changes nothing."""
    family = source.parts.model_type
    kind: Any = type(source.whole)
    settings = _settings(source.whole.config)
    settings["attention_span"] = narrower(settings.get("attention_span"), span)
    with silence_transformers():
        model = refined_class(family, kind)(refined_config(family)(**settings))
    model.load_state_dict(source.whole.state_dict())
    return _as_source(model, source.whole)


def narrower(span: Span, other: Span) -> Span:
    """Return the narrower of two spans, of each layer and head where one of them has several.

    >>> narrower(None, 8), narrower([4, None], 8), narrower([[4, None]], 8)
    (8, [4, 8], [[4, 8]])
    """
    if isinstance(span, list) or isinstance(other, list):
        n_layers = len(span if isinstance(span, list) else other)  # type: ignore[arg-type]
        pairs = zip(spans_of_layers(span, n_layers), spans_of_layers(other, n_layers), strict=True)
        return [_narrower_layer(*pair) for pair in pairs]
    return _least(span, other)


def _narrower_layer(span: LayerSpan, other: LayerSpan) -> LayerSpan:
    if isinstance(span, list) or isinstance(other, list):
        n_heads = len(span if isinstance(span, list) else other)  # type: ignore[arg-type]
        pairs = zip(*(each if isinstance(each, list) else [each] * n_heads for each in (span, other)), strict=True)
        return simplified([_least(*pair) for pair in pairs])
    return _least(span, other)


def narrowest(span: Span) -> int | None:
    """Return the least number of frames of a span; None: all frames.

    >>> narrowest([8, [None, 4]]), narrowest(None)
    (4, None)
    """
    layers = span if isinstance(span, list) else [span]
    flat = [each for layer in layers for each in (layer if isinstance(layer, list) else [layer])]
    return min((each for each in flat if each is not None), default=None)


def _least(span: int | None, other: int | None) -> int | None:
    return min((each for each in (span, other) if each is not None), default=None)


def _as_source(model: Any, whole: Any) -> Any:
    """Return the model with the settings of generation of another, and the attention that its span allows."""
    if getattr(whole, "generation_config", None) is not None:
        model.generation_config = deepcopy(whole.generation_config)
    model.set_attn_implementation("sdpa" if model._supports_sdpa else "eager")
    return model.eval()


def plain(refined: Any) -> Any:
    """A refined model without a span as a plain one of its family: what is gone has weights of zero.

    Heads and units that stay come first in each layer; features that stay come first in each head.
    """
    plain_type: Any = type(refined).__mro__[2]
    settings = _settings(refined.config)
    for name in (*SHAPE_FIELDS, RADIUS_FIELD, DECODER_FIELD, "attention_span", "refinement", "layout", "auto_map"):
        settings.pop(name, None)
    with silence_transformers():
        model = plain_type(CONFIG_MAPPING[refined.config.model_type](**settings))
    have = refined.state_dict()
    model.load_state_dict({name: _grown(have.get(name), full) for name, full in model.state_dict().items()})
    return _as_source(model if plain_type is not WhisperEncoder else _with_empty_decoder(model), refined)


def _with_empty_decoder(encoder: Any) -> Any:
    """Return what AutoModel loads from a Whisper folder: the encoder, with a decoder of almost no parameters."""
    with silence_transformers():
        model = WhisperModel(type(encoder.config)(**encoder.config.to_diff_dict() | EMPTY_DECODER))
    model.encoder = encoder
    return model


def _grown(weight: Tensor | None, like: Tensor) -> Tensor:
    """The weight in the first places of one as large as `like`, zeros behind it."""
    grown = torch.zeros_like(like)
    if weight is not None:
        grown[tuple(slice(size) for size in weight.shape)] = weight
    return grown


def _settings(config: Any) -> dict[str, Any]:
    return {name: value for name, value in config.to_dict().items() if name not in NOT_ITS_OWN}
