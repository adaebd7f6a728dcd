"""Mockingjay (Liu et al. 2020)."""

from otoscope.models.families import Family
from otoscope.models.front_ends import StackedLogMel
from otoscope.models.tiny_models import TinyModel, mockingjay_model


def _tiny_model() -> TinyModel:
    return mockingjay_model("Mockingjay", rate=2)


FAMILY = Family(
    "mockingjay",
    "MockingjayModel",
    StackedLogMel(),
    tiny_model=_tiny_model,
)
