"""Configurations of refined models: the family's own, with the heads of each layer and the span."""

from typing import Any

from transformers.models.auto.configuration_auto import CONFIG_MAPPING, AutoConfig

from otoscope.models.families import REFINED
from otoscope.refinement.layouts import PARTS


def _refined(family: str) -> type[Any]:
    base = CONFIG_MAPPING[family]
    fields = {
        "__doc__": f"`{base.__name__}`; `heads_of_layers`: heads that each layer kept; `attention_span`: frames.",
        "__module__": __name__,
        "__annotations__": {"heads_of_layers": list[int] | None, "attention_span": int | None},
        "model_type": REFINED + family,
        "heads_of_layers": None,
        "attention_span": None,
    }
    return type(f"Refined{base.__name__}", (base,), fields)


CONFIGURATIONS = {family: _refined(family) for family in PARTS}
"""Family -> configuration class of its refined models."""

globals().update({config.__name__: config for config in CONFIGURATIONS.values()})  # so that they can be pickled

for _config in CONFIGURATIONS.values():
    AutoConfig.register(_config.model_type, _config, exist_ok=True)
