"""Classes of a refined model for machines without otoscope, at full speed.

Each refined folder carries this file; `AutoModel.from_pretrained(folder, trust_remote_code=True)` runs it. It imports
torch, transformers and the files next to it alone. Its classes are attributes of the module under their names
(`RefinedHubertForCTC`), generated from those of the family, as in `otoscope.refinement.modeling`.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from functools import cache
from importlib import import_module
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.models.auto.configuration_auto import CONFIG_MAPPING, CONFIG_MAPPING_NAMES

from otoscope.attention.span_attention import PATTERNS, SPAN, attention_with_patterns, padding_mask, span_attention

NAME = "otoscope-refined"
PREFIX = "Refined"
FULL_HEADS, LAYOUT = "full_heads", "layout"
"""Fields of config.json: heads of a layer of the original, and where its family keeps them."""
OWN_CONFIGS: dict[str, Any] = {}
"""Configurations of families that transformers lacks; folders of such a family add an entry at the end of this file."""
FIELDS = (
    *("heads_of_layers", "sizes_of_heads", "units_of_layers", "patterns_of_layers", "pattern_radius", "decoder_heads"),
    SPAN,
    LAYOUT,
)


def attention_function(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float,
    **kwargs: Any,
) -> tuple[Tensor, None]:
    """Return the context `[B, T, H, d]`, within the span of the module and with its patterns."""

    def attend(own: Tensor) -> Tensor:
        return span_attention(module, query, key, own, attention_mask, scaling, **kwargs)

    return attention_with_patterns(module, query, value, attention_mask, attend), None


def mask_function(*, attention_mask: Tensor | None = None, **kwargs: object) -> Tensor | None:
    """Return the padding mask as `[B, 1, 1, T]`."""
    return padding_mask(attention_mask)


AttentionInterface.register(NAME, attention_function)
AttentionMaskInterface.register(NAME, mask_function)


class EmptyAttention(nn.Module):
    """Attention without heads: an empty context, or the bias of the output projection."""

    def __init__(self, output: tuple[str, nn.Module] | None) -> None:
        """Hold the projection under its name, if the block itself does."""
        super().__init__()
        self.output = output[0] if output else None
        if output:
            self.add_module(*output)

    def forward(self, hidden_states: Tensor, *arguments: object, **options: object) -> tuple[Tensor, None]:
        """Return the context `[B, T, 0]`, or the bias `[B, T, d]`."""
        context = hidden_states.new_empty(*hidden_states.shape[:2], 0)
        return (self.get_submodule(self.output)(context) if self.output else context), None


class RemoteConfigMixin:
    """A configuration whose number of heads is in another field."""

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **options: Any) -> Any:
        """Return the configuration of a config.json."""
        settings = dict(config_dict)
        if FULL_HEADS in settings:
            settings[settings[LAYOUT]["heads_setting"]] = settings.pop(FULL_HEADS)
        return super().from_dict(settings, **options)  # type: ignore[misc]


class RemoteModelMixin:
    """A model whose encoder has the shape of its configuration."""

    config: Any

    def __init__(self, config: Any, *arguments: Any, **options: Any) -> None:
        """Build the model that `config` describes."""
        super().__init__(config, *arguments, **options)  # type: ignore[call-arg]
        config.model_type = config.layout["family"]
        encoder = find_encoder(self)
        resize(encoder, config)
        resize_decoder(self, config.decoder_heads or {})
        if encoder is not self:
            own = copy(config)
            for module in encoder.modules():
                if getattr(module, "config", None) is config:
                    module.config = own
        self.set_attn_implementation(config._attn_implementation)

    @classmethod
    def from_pretrained(cls, *arguments: Any, output_loading_info: bool = False, **options: Any) -> Any:
        """Load a model as transformers does; weights that would be random are an error."""
        model, info = super().from_pretrained(*arguments, output_loading_info=True, **options)  # type: ignore[misc]
        if missing := sorted(key for key in info["missing_keys"] if not key.endswith("masked_spec_embed")):
            raise ValueError(f"{arguments[0]} has no {missing[0]}; load it as {model.config.architectures}")
        return (model, info) if output_loading_info else model

    def set_attn_implementation(self, attn_implementation: str | dict[str, str], **options: Any) -> None:
        """Set the attention function as transformers does; a span and patterns keep the one that computes them."""
        encoder, config = find_encoder(self), self.config
        is_own = config.attention_span is not None or config.patterns_of_layers is not None
        own = NAME if is_own and encoder is self else attn_implementation
        super().set_attn_implementation(own, **options)  # type: ignore[misc]
        if is_own and encoder is not self:
            encoder.config._attn_implementation = NAME


def find_encoder(model: Any) -> Any:
    """Return the module of a model that is its encoder."""
    name = model.config.layout["encoder"]
    return next(each for each in model.modules() if type(each).__name__.removeprefix(PREFIX) == name)


def resize(encoder: Any, config: Any) -> None:
    """Give a new encoder the heads, units and spans of a configuration."""
    layout, stack = config.layout, encoder.get_submodule(config.layout["stack"])
    names = [name for name, module in stack.named_modules() if type(module).__name__ == layout["block"]]
    for layer, name in enumerate(names):
        _resize_layer(stack, name, config, layer)


def resize_decoder(model: Any, counts: Mapping[str, int]) -> None:
    """Give attention blocks of a new decoder, by their names in it, the heads that stay, if there is a decoder."""
    decoder = model.get_decoder() if counts and hasattr(model, "get_encoder") else None
    if decoder is None or decoder is model:
        return
    for name, count in counts.items():
        block = decoder.get_submodule(name)
        features = count * (block.q_proj.out_features // block.num_heads)
        for projection in ("q_proj", "k_proj", "v_proj"):
            replace_linear(block, projection, outputs=features)
        replace_linear(block, "out_proj", inputs=features)
        block.num_heads, block.embed_dim = count, features


def _resize_layer(stack: Any, name: str, config: Any, layer: int) -> None:
    layout, block = config.layout, stack.get_submodule(name)
    core_name = f"{name}.{layout['core']}" if layout["core"] else name
    core = stack.get_submodule(core_name)
    heads, patterns = (_at(counts, layer) for counts in (config.heads_of_layers, config.patterns_of_layers))
    query = block.get_submodule(layout["inputs"][0])
    size = _at(config.sizes_of_heads, layer) or query.out_features // getattr(core, layout["count"])
    for projection, count in zip(layout["inputs"], (heads, heads, heads + patterns), strict=True):
        replace_linear(block, projection, outputs=count * size)
    replace_linear(block, layout["output"], inputs=(heads + patterns) * size)
    setattr(core, layout["count"], heads)
    for attribute, value in ((layout["size"], size), (layout["width"], heads * size), (SPAN, _span(config, layer))):
        if attribute:
            setattr(core, attribute, value)
    if patterns:
        setattr(core, PATTERNS, nn.Parameter(torch.zeros(patterns, 2 * config.pattern_radius + 1)))
    if not heads:
        output = None if layout["core"] else (layout["output"], block.get_submodule(layout["output"]))
        stack.set_submodule(core_name, EmptyAttention(output))
    if config.units_of_layers is not None:
        up, down = layout["feed_forward"]
        whole = stack.get_submodule(name.rpartition(".")[0])
        replace_linear(whole, up, outputs=config.units_of_layers[layer])
        replace_linear(whole, down, inputs=config.units_of_layers[layer])


def replace_linear(parent: Any, name: str, inputs: int | None = None, outputs: int | None = None) -> None:
    """Replace a linear map by one with other numbers of inputs or outputs, if they differ."""
    old = parent.get_submodule(name)
    shape = (old.in_features if inputs is None else inputs, old.out_features if outputs is None else outputs)
    if shape != (old.in_features, old.out_features):
        parent.set_submodule(name, nn.Linear(*shape, bias=old.bias is not None, dtype=old.weight.dtype))


def _at(counts: Sequence[int] | None, layer: int) -> int:
    return 0 if counts is None else counts[layer]


def _span(config: Any, layer: int) -> int | list[int | None] | None:
    span = config.attention_span
    return span[layer] if isinstance(span, list) else span


@cache
def _config_class(base: Any) -> type[Any]:
    fields = {"__module__": __name__, "model_type": f"refined-{base.model_type}", **dict.fromkeys(FIELDS)}
    annotations = dict.fromkeys(FIELDS, Any)
    return type(f"{PREFIX}{base.__name__}", (RemoteConfigMixin, base), {**fields, "__annotations__": annotations})


@cache
def _model_class(base: Any, config: Any) -> type[Any]:
    fields = {"__module__": __name__, "config_class": _config_class(config)}
    return type(f"{PREFIX}{base.__name__}", (RemoteModelMixin, base), fields)


def __getattr__(name: str) -> type[Any]:
    base = name.removeprefix(PREFIX)
    own = {family: config.__name__ for family, config in OWN_CONFIGS.items()}
    for family, config_name in {**CONFIG_MAPPING_NAMES, **own}.items() if base != name else ():
        if base.startswith(config_name.removesuffix("Config")):
            config: Any = OWN_CONFIGS.get(family) or CONFIG_MAPPING[family]
            if base == config_name:
                return _config_class(config)
            modeling = import_module(config.__module__.replace("configuration", "modeling"))
            if hasattr(modeling, base):
                return _model_class(getattr(modeling, base), config)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
