"""What AutoConfig knows of refined models until one is read: a configuration of such a model opens the rest.

The families' own configurations cannot be imported while the Auto classes still are.
"""

from importlib import import_module
from typing import Any

from transformers import PreTrainedConfig
from transformers.models.auto.configuration_auto import CONFIG_MAPPING, AutoConfig

from otoscope.models.families import REFINED
from otoscope.refinement.layouts import PARTS


class Door(PreTrainedConfig):
    """Stands where the configuration class of a refined family will."""

    @classmethod
    def from_dict(cls, config_dict: dict[str, Any], **options: Any) -> Any:
        """The configuration, of its own class."""
        import_module("transformers.models.auto.modeling_auto")  # after which `modeling` registers that class
        return CONFIG_MAPPING[cls.model_type].from_dict(config_dict, **options)


for _family in PARTS:
    AutoConfig.register(REFINED + _family, type("Door", (Door,), {"model_type": REFINED + _family}))
