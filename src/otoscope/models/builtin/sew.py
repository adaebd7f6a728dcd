"""SEW (Wu et al. 2022): frames are averaged before the attention."""

from otoscope.models.families import Family
from otoscope.models.front_ends import Convolutions, PooledConvolutions
from otoscope.models.tiny_models import POOLED, TinyModel, convolutional_model


def _tiny_model() -> TinyModel:
    return convolutional_model("SEW", **POOLED)


FAMILY = Family(
    "sew",
    "SEWModel",
    PooledConvolutions(),
    num_outputs=Convolutions().num_frames,
    tiny_model=_tiny_model,
)
