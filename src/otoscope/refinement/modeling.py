"""Refined models: the family's own classes, with fewer heads in each layer and attention within a span."""

from importlib import import_module
from typing import Any

from transformers.models.auto.configuration_auto import CONFIG_MAPPING
from transformers.models.auto.modeling_auto import AutoModel, AutoModelForPreTraining

from otoscope.attention.hf_capture import NAME
from otoscope.refinement.configuration import CONFIGURATIONS
from otoscope.refinement.layouts import PARTS, parts_of
from otoscope.refinement.surgery import keep_heads


class Refined:
    """What a family's model class is mixed with: built as it was, then cut to the heads of its configuration."""

    config: Any

    def __init__(self, config: Any) -> None:
        """Build the model that `config` describes."""
        super().__init__(config)  # type: ignore[call-arg]
        if config.heads_of_layers is not None:
            kept = [range(count) for count in config.heads_of_layers]
            keep_heads(self, parts_of(config.model_type, type(self).__name__), kept)  # type: ignore[arg-type]
        if config.attention_span is not None:
            self.set_attn_implementation(NAME)

    def set_attn_implementation(self, attn_implementation: str | dict[str, str], **options: Any) -> None:
        """As in transformers; with a span there is only one implementation that keeps to it."""
        if self.config.attention_span is not None:
            attn_implementation = NAME
        super().set_attn_implementation(attn_implementation, **options)  # type: ignore[misc]


def _refined(family: str, name: str) -> type[Any]:
    modeling = import_module(CONFIG_MAPPING[family].__module__.replace("configuration", "modeling"))
    base = getattr(modeling, name)
    fields = {
        "__doc__": f"`{name}` with fewer heads in each layer, and attention within a span.",
        "__module__": __name__,
        "config_class": CONFIGURATIONS[family],
    }
    return type(f"Refined{name}", (Refined, base), fields)


ENCODERS = {family: _refined(family, parts.encoder) for family, parts in PARTS.items()}
"""Family -> class of its refined encoders."""
WHOLE = {family: _refined(family, parts.whole) for family, parts in PARTS.items() if parts.whole}
"""Family -> class of its refined encoders with their prediction head."""

for _kinds, _auto in ((ENCODERS, AutoModel), (WHOLE, AutoModelForPreTraining)):
    for _family, _kind in _kinds.items():
        globals()[_kind.__name__] = _kind
        _auto.register(CONFIGURATIONS[_family], _kind, exist_ok=True)
