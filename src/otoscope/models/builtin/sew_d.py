"""SEW-D (Wu et al. 2022): SEW with disentangled attention."""

from otoscope.models.families import Family
from otoscope.models.front_ends import Convolutions, PooledConvolutions
from otoscope.models.tiny_models import POOLED, TinyModel, convolutional_model


def _tiny_model() -> TinyModel:
    return convolutional_model(
        "SEWD", **POOLED, max_position_embeddings=64, position_buckets=16, feat_extract_norm="layer"
    )


FAMILY = Family(
    "sew-d",
    "SEWDModel",
    PooledConvolutions(),
    attention_classes=("DisentangledSelfAttention",),
    num_outputs=Convolutions().num_frames,
    tiny_model=_tiny_model,
)
