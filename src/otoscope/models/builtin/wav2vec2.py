"""wav2vec 2.0 (Baevski et al. 2020)."""

from otoscope.models.families import Family
from otoscope.models.front_ends import Convolutions
from otoscope.models.tiny_models import LAYER_NORM, TinyModel, convolutional_model


def _tiny_model() -> TinyModel:
    return convolutional_model("Wav2Vec2", **LAYER_NORM)


FAMILY = Family(
    "wav2vec2",
    "Wav2Vec2Model",
    Convolutions(),
    tiny_model=_tiny_model,
)
