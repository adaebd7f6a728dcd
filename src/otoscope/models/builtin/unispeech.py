"""UniSpeech (Wang et al. 2021)."""

from otoscope.models.families import Family
from otoscope.models.front_ends import Convolutions
from otoscope.models.tiny_models import LAYER_NORM, TinyModel, convolutional_model


def _tiny_model() -> TinyModel:
    return convolutional_model("UniSpeech", **LAYER_NORM)


FAMILY = Family(
    "unispeech",
    "UniSpeechModel",
    Convolutions(),
    tiny_model=_tiny_model,
)
