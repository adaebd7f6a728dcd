"""WavLM (Chen et al. 2022): its attention adds a gated bias of positions by torch's own function."""

from otoscope.models.families import Family
from otoscope.models.front_ends import Convolutions
from otoscope.models.tiny_models import LAYER_NORM, TinyModel, convolutional_model


def _tiny_model() -> TinyModel:
    return convolutional_model("WavLM", **LAYER_NORM)


FAMILY = Family(
    "wavlm",
    "WavLMModel",
    Convolutions(),
    attention_classes=("WavLMAttention",),
    tiny_model=_tiny_model,
)
