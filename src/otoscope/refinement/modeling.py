"""Refined models: the classes of a family, with fewer heads in each layer and attention within a span.

The classes of a refined family are generated from the family's own: `refined_class` is the only place that does it.
They are attributes of this module under their names (`RefinedHubertForCTC`), so that they can be pickled. The encoder
may be the whole model or a part of it; heads and decoders around it stay as they are.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Any, cast

import torch
from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.utils.output_capturing import _CAN_RECORD_REGISTRY

from otoscope.attention.hf_capture import NAME
from otoscope.decoders.attention_modules import find_decoder
from otoscope.errors import InputError
from otoscope.models.families import REFINED_PREFIX
from otoscope.models.load import TRAINING_ONLY, find_encoder
from otoscope.refinement.gates import has_decoder
from otoscope.refinement.layouts import DECODER_ATTENTION, LAYOUTS, EncoderLayout, parts_of
from otoscope.refinement.surgery import (
    LayerSpan,
    blocks,
    fix_patterns,
    get_spans,
    keep_heads,
    keep_in_block,
    keep_units,
    resize_heads,
    set_spans,
    shape_of,
)

FULL_HEADS = "full_heads"
"""Heads of a layer before any was removed, in config.json."""
SHAPE_FIELDS = ("heads_of_layers", "sizes_of_heads", "units_of_layers", "patterns_of_layers")
"""Numbers of each layer in config.json; None as in the family. Heads with patterns are not among the other heads."""
DECODER_FIELD = "decoder_heads"
"""Remaining heads of attention blocks of the decoder by their names in it, in config.json; None as in the family."""
RADIUS_FIELD = "pattern_radius"
"""Frames on each side that fixed patterns reach, in config.json."""
HINT = "see heads_of_layers; 'import otoscope', then load this model with an Auto class"


class RefinedConfigMixin:
    """Makes a class of configurations refined: a class that is not refined refuses its config.json.

    The number of heads is a text there. Without that, a plain class would load the weights and lose the span.
    """

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **options: Any) -> Any:
        """Return the configuration of a config.json."""
        settings = dict(config_dict)
        if FULL_HEADS in settings:
            settings[_layout(cls).heads_setting] = settings.pop(FULL_HEADS)
        return super().from_dict(settings, **options)  # type: ignore[misc]

    def to_diff_dict(self) -> dict[str, Any]:
        """Return what config.json holds."""
        setting = _layout(type(self)).heads_setting
        return {**super().to_diff_dict(), setting: HINT, FULL_HEADS: getattr(self, setting)}  # type: ignore[misc]


class RefinedMixin:
    """Makes a class of models refined: builds the model, then removes the heads that its configuration lacks."""

    config: Any

    def __init__(self, config: Any, *arguments: Any, **options: Any) -> None:
        """Build the model that `config` describes."""
        super().__init__(config, *arguments, **options)  # type: ignore[call-arg]
        parts = _layout(type(config))
        config.model_type = parts.model_type  # pipelines of transformers treat it as its family
        encoder = refined_encoder(self)
        _resize(encoder, parts, config)
        keep_decoder_heads(self, {name: range(count) for name, count in (config.decoder_heads or {}).items()})
        if encoder is not self:
            _separate(encoder)
        if _has_own_attention(config):
            self.set_attn_implementation(config._attn_implementation)

    @classmethod
    def from_pretrained(cls, *arguments: Any, output_loading_info: bool = False, **options: Any) -> Any:
        """Load a model as transformers does.

        Raises:
            InputError: the folder lacks weights of this class; transformers would make them random.
        """
        model, info = super().from_pretrained(*arguments, output_loading_info=True, **options)  # type: ignore[misc]
        missing = sorted(key for key in info["missing_keys"] if key.rsplit(".", 1)[-1] not in TRAINING_ONLY)
        if missing:
            written = ", ".join(model.config.architectures or ()) or "the class that wrote it"
            raise InputError(
                f"{arguments[0]} has no {missing[0]} and lacks {len(missing)} weights of {cls.__name__}, which would "
                f"be random; load it as {written}"
            )
        return (model, info) if output_loading_info else model

    def set_attn_implementation(self, attn_implementation: str | dict[str, str], **options: Any) -> None:
        """Set the attention function as transformers does; a span and patterns keep the one that computes them."""
        encoder = refined_encoder(self)
        is_own = _has_own_attention(self.config)
        own = NAME if is_own and encoder is self else attn_implementation
        super().set_attn_implementation(own, **options)  # type: ignore[misc]
        if is_own and encoder is not self:
            encoder.set_attn_implementation(NAME)


def _has_own_attention(config: Any) -> bool:
    """Return whether transformers' attention functions cannot compute what a configuration describes."""
    return config.attention_span is not None or config.patterns_of_layers is not None


def refined_encoder(model: Any) -> Any:
    """Return the encoder within a refined model.

    Raises:
        InputError: its class has none, such as a class that reads text.
    """
    return find_encoder(model, _layout(type(model.config)).encoder, type(model).__name__)


def _resize(encoder: Any, parts: EncoderLayout, config: Any) -> None:
    """Give a new encoder the shape and the spans of a configuration."""
    if config.sizes_of_heads is not None:
        resize_heads(encoder, parts, config.sizes_of_heads)
    if config.heads_of_layers is not None:
        patterns = config.patterns_of_layers or [0] * len(config.heads_of_layers)
        keep_heads(encoder, parts, [range(sum(each)) for each in zip(config.heads_of_layers, patterns, strict=True)])
        _reserve_patterns(encoder, parts, patterns, config.pattern_radius)
    if config.units_of_layers is not None:
        keep_units(encoder, parts, [range(count) for count in config.units_of_layers])
    set_spans(encoder, parts, spans_of_layers(config.attention_span, len(blocks(encoder, parts))))


def keep_decoder_heads(model: Any, remaining: Mapping[str, Sequence[int]]) -> None:
    """Leave of attention blocks of a decoder, by their names in it, the `remaining` heads alone, in place.

    A model without the decoder, as one with a classifier, stays as it is.
    """
    if remaining and has_decoder(model):
        for name, heads in remaining.items():
            keep_in_block(find_decoder(model, type(model).__name__), name, DECODER_ATTENTION, heads)


def _reserve_patterns(encoder: Any, parts: EncoderLayout, counts: Sequence[int], radius: int | None) -> None:
    """Make the last heads of each layer heads with patterns, whose scores are loaded later."""
    heads = shape_of(encoder, parts).heads
    for layer, count in enumerate(counts):
        if count and radius is not None:
            last = range(heads[layer] - count, heads[layer])
            fix_patterns(encoder, parts, layer, {head: torch.zeros(2 * radius + 1) for head in last})


def spans_of_layers(span: int | Sequence[LayerSpan] | None, n_layers: int) -> list[LayerSpan]:
    """Return the span of each layer from that of a configuration: one for all, one for each, or those of its heads.

    >>> spans_of_layers(32, 2), spans_of_layers([8, None], 2), spans_of_layers([[8, None], 4], 2)
    ([32, 32], [8, None], [[8, None], 4])
    """
    return [span] * n_layers if span is None or isinstance(span, int) else list(span)


def record_shape(model: Any) -> None:
    """Write the shape of a refined model into its configuration, from which it is built anew."""
    encoder, parts = refined_encoder(model), _layout(type(model.config))
    shape = shape_of(encoder, parts)
    spans = get_spans(encoder, parts)
    for config in (model.config, encoder.config):
        if isinstance(config.attention_span, list):  # heads that are gone take their spans with them
            config.attention_span = spans if any(span is not None for span in spans) else None
        config.heads_of_layers = list(shape.heads)
        config.units_of_layers = None if shape.units is None else list(shape.units)
        config.sizes_of_heads = None if shape.sizes is None else list(shape.sizes)
        config.patterns_of_layers = list(shape.patterns) if any(shape.patterns) else None


def record_patterns(model: Any, radius: int) -> None:
    """Write into the configuration of a refined model that it has fixed patterns, and let it compute them."""
    for config in (model.config, refined_encoder(model).config):
        setattr(config, RADIUS_FIELD, radius)
    record_shape(model)
    model.set_attn_implementation("sdpa" if model._supports_sdpa else "eager")


def limit_spans(model: Any, span: int | Sequence[LayerSpan]) -> None:
    """Limit the attention of the encoder of a refined model to a span of all layers, of each, or of heads, in place."""
    encoder, parts = refined_encoder(model), _layout(type(model.config))
    model.config.attention_span = encoder.config.attention_span = span if isinstance(span, int) else list(span)
    set_spans(encoder, parts, spans_of_layers(span, len(blocks(encoder, parts))))
    model.set_attn_implementation("sdpa" if model._supports_sdpa else "eager")


def _separate(encoder: Any) -> None:
    """Give an encoder that is a part of a model its own configuration, and the class that keeps its span."""
    shared = encoder.config
    own = copy(shared)
    for module in encoder.modules():
        if getattr(module, "config", None) is shared:
            module.config = own
    kind: Any = type(encoder)
    encoder.__class__ = refined_class(_layout(type(own)).model_type, kind)
    # Private to transformers: by this table, which knows classes at their first instance, models return hidden states.
    dict.__setitem__(_CAN_RECORD_REGISTRY, str(type(encoder)), encoder._can_record_outputs)
    encoder.set_attn_implementation(own._attn_implementation)


def _layout(config: type[Any]) -> EncoderLayout:
    return parts_of(config.model_type, config.__name__)


@cache
def refined_config(family: str) -> type[Any]:
    """Return the refined class of configurations of a family, the same one in every call.

    Examples:
        >>> refined_config("hubert").__name__, refined_config("hubert").model_type
        ('RefinedHubertConfig', 'refined-hubert')
    """
    base = CONFIG_MAPPING[family]
    fields = {
        "__doc__": f"`{base.__name__}` with heads, their features, feed-forward units and span of each layer.",
        "__module__": __name__,
        "__annotations__": {
            **dict.fromkeys(SHAPE_FIELDS, list[int] | None),
            "attention_span": int | list[int | list[int | None] | None] | None,
            RADIUS_FIELD: int | None,
            DECODER_FIELD: dict[str, int] | None,
        },
        "model_type": REFINED_PREFIX + family,
        **dict.fromkeys(SHAPE_FIELDS),
        "attention_span": None,
        RADIUS_FIELD: None,
        DECODER_FIELD: None,
    }
    return type(f"Refined{base.__name__}", (RefinedConfigMixin, base), fields)


@cache
def refined_class(family: str, base: Any) -> type[Any]:
    """Return the refined class of a class of models of a family, the same one in every call.

    Examples:
        >>> from transformers import HubertForCTC
        >>> refined_class("hubert", HubertForCTC).__name__
        'RefinedHubertForCTC'
    """
    if issubclass(base, RefinedMixin):
        return cast(type[Any], base)
    fields = {
        "__doc__": f"`{base.__name__}` with fewer heads in each layer, and attention within a span.",
        "__module__": __name__,
        "config_class": refined_config(family),
    }
    return type(f"Refined{base.__name__}", (RefinedMixin, base), fields)


def modeling_of(family: str) -> ModuleType:
    """Return the module with the classes of models of a family."""
    return import_module(CONFIG_MAPPING[family].__module__.replace("configuration", "modeling"))


def __getattr__(name: str) -> type[Any]:
    base = name.removeprefix("Refined")
    for family in LAYOUTS if base != name else ():
        config = CONFIG_MAPPING[family].__name__
        if base == config:
            return refined_config(family)
        if base.startswith(config.removesuffix("Config")) and hasattr(modeling_of(family), base):
            return refined_class(family, getattr(modeling_of(family), base))
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
