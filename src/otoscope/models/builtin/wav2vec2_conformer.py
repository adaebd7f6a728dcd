"""wav2vec 2.0 with conformer layers (Wang et al. 2021)."""

from otoscope.models.families import Family
from otoscope.models.front_ends import Convolutions
from otoscope.models.tiny_models import CONFORMER, TinyModel, convolutional_model


def _tiny_model() -> TinyModel:
    return convolutional_model("Wav2Vec2Conformer", **CONFORMER, feat_extract_norm="layer")


FAMILY = Family(
    "wav2vec2-conformer",
    "Wav2Vec2ConformerModel",
    Convolutions(),
    tiny_model=_tiny_model,
)
