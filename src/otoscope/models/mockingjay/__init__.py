"""Our port of Mockingjay and its relatives to transformers; each part registers with its Auto class when imported."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otoscope.models.mockingjay.configuration import AudioAlbertConfig, MockingjayConfig, TeraConfig
    from otoscope.models.mockingjay.feature_extraction import MockingjayFeatureExtractor
    from otoscope.models.mockingjay.modeling import (
        AudioAlbertForPreTraining,
        AudioAlbertModel,
        MockingjayForPreTraining,
        MockingjayModel,
        TeraForPreTraining,
        TeraModel,
    )

__all__ = [
    "AudioAlbertConfig",
    "AudioAlbertForPreTraining",
    "AudioAlbertModel",
    "MockingjayConfig",
    "MockingjayFeatureExtractor",
    "MockingjayForPreTraining",
    "MockingjayModel",
    "TeraConfig",
    "TeraForPreTraining",
    "TeraModel",
]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    homes = {"Config": "configuration", "FeatureExtractor": "feature_extraction"}
    home = next((home for ending, home in homes.items() if name.endswith(ending)), "modeling")
    return getattr(import_module(f"{__name__}.{home}"), name)
