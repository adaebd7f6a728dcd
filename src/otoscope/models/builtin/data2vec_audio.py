"""data2vec for audio (Baevski et al. 2022)."""

from otoscope.models.families import Family
from otoscope.models.front_ends import Convolutions
from otoscope.models.tiny_models import TinyModel, convolutional_model


def _tiny_model() -> TinyModel:
    return convolutional_model("Data2VecAudio", num_conv_pos_embeddings=2, conv_pos_kernel_size=7)


FAMILY = Family(
    "data2vec-audio",
    "Data2VecAudioModel",
    Convolutions(),
    tiny_model=_tiny_model,
)
