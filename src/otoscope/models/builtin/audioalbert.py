"""AudioALBERT (Chi et al. 2021): one layer that runs several times."""

from otoscope.models.families import Family
from otoscope.models.front_ends import StackedLogMel
from otoscope.models.tiny_models import TinyModel, mockingjay_model


def _tiny_model() -> TinyModel:
    return mockingjay_model("AudioAlbert", rate=2)


FAMILY = Family(
    "audioalbert",
    "MockingjayModel",
    StackedLogMel(),
    tiny_model=_tiny_model,
    tiny_gain=3.0,  # its frames are similar to each other
)
