"""Our port of Mockingjay as a transformers model; each part registers with its Auto class when it is imported."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from otoscope.models.mockingjay.configuration import MockingjayConfig
    from otoscope.models.mockingjay.feature_extraction import MockingjayFeatureExtractor
    from otoscope.models.mockingjay.modeling import MockingjayForPreTraining, MockingjayModel

__all__ = ["MockingjayConfig", "MockingjayFeatureExtractor", "MockingjayForPreTraining", "MockingjayModel"]

_HOME = {
    "MockingjayConfig": "configuration",
    "MockingjayFeatureExtractor": "feature_extraction",
    "MockingjayForPreTraining": "modeling",
    "MockingjayModel": "modeling",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
