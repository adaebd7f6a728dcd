"""Refined models: the classes of a family, with fewer heads in each layer and attention within a span.

The classes of a refined family are generated from the family's own: `refined_classes` is the only place that does it.
They are attributes of this module under their names (`RefinedHubertModel`), so that they can be pickled.
"""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

from transformers import AutoConfig, AutoModel, AutoModelForPreTraining
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from otoscope.attention.hf_capture import NAME
from otoscope.models.families import REFINED_PREFIX
from otoscope.refinement.layouts import LAYOUTS, parts_of
from otoscope.refinement.surgery import keep_heads


class RefinedMixin:
    """Makes a class of models refined: builds the model, then removes the heads that its configuration lacks."""

    config: Any

    def __init__(self, config: Any) -> None:
        """Build the model that `config` describes."""
        super().__init__(config)  # type: ignore[call-arg]
        if config.heads_of_layers is not None:
            remaining = [range(count) for count in config.heads_of_layers]
            keep_heads(self, parts_of(config.model_type, type(self).__name__), remaining)  # type: ignore[arg-type]
        if config.attention_span is not None:
            self.set_attn_implementation(NAME)

    def set_attn_implementation(self, attn_implementation: str | dict[str, str], **options: Any) -> None:
        """Set the attention function as transformers does; a model with a span keeps the one that limits it."""
        if self.config.attention_span is not None:
            attn_implementation = NAME
        super().set_attn_implementation(attn_implementation, **options)  # type: ignore[misc]


@dataclass(frozen=True)
class RefinedClasses:
    """The classes of a refined family.

    Attributes:
        config: the family's configuration with `heads_of_layers` and `attention_span`.
        encoder: its encoder.
        pretraining: its encoder with the prediction head; None for families without one.
    """

    config: type[Any]
    encoder: type[Any]
    pretraining: type[Any] | None

    def all(self) -> list[type[Any]]:
        """Return all classes."""
        return [kind for kind in (self.config, self.encoder, self.pretraining) if kind is not None]


@cache
def refined_classes(family: str) -> RefinedClasses:
    """Return the refined classes of a family (`"hubert"`), the same ones in every call.

    Examples:
        >>> classes = refined_classes("hubert")
        >>> classes.config.model_type, classes.encoder.__name__
        ('refined-hubert', 'RefinedHubertModel')
    """
    parts, config = LAYOUTS[family], CONFIG_MAPPING[family]
    modeling = import_module(config.__module__.replace("configuration", "modeling"))
    refined_config = _refined_config(family, config)
    return RefinedClasses(
        refined_config,
        _refined_model(getattr(modeling, parts.encoder), refined_config),
        _refined_model(getattr(modeling, parts.whole), refined_config) if parts.whole else None,
    )


def register(model_type: str) -> None:
    """Register a refined model type (`"refined-hubert"`) with transformers' Auto classes."""
    classes = refined_classes(model_type.removeprefix(REFINED_PREFIX))
    AutoConfig.register(model_type, classes.config, exist_ok=True)
    AutoModel.register(classes.config, classes.encoder, exist_ok=True)
    if classes.pretraining is not None:
        AutoModelForPreTraining.register(classes.config, classes.pretraining, exist_ok=True)


def _refined_config(family: str, base: type[Any]) -> type[Any]:
    fields = {
        "__doc__": f"`{base.__name__}` with `heads_of_layers`, heads in each layer, and `attention_span`, in frames.",
        "__module__": __name__,
        "__annotations__": {"heads_of_layers": list[int] | None, "attention_span": int | None},
        "model_type": REFINED_PREFIX + family,
        "heads_of_layers": None,
        "attention_span": None,
    }
    return type(f"Refined{base.__name__}", (base,), fields)


def _refined_model(base: type[Any], config: type[Any]) -> type[Any]:
    fields = {
        "__doc__": f"`{base.__name__}` with fewer heads in each layer, and attention within a span.",
        "__module__": __name__,
        "config_class": config,
    }
    return type(f"Refined{base.__name__}", (RefinedMixin, base), fields)


def __getattr__(name: str) -> type[Any]:
    if name.startswith("Refined"):
        for family in LAYOUTS:
            for kind in refined_classes(family).all():
                if kind.__name__ == name:
                    return kind
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
