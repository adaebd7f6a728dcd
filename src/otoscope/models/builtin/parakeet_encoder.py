"""The encoder of Parakeet, a fast conformer (Rekesh et al. 2023): its mask holds its relative positions."""

from otoscope.models.families import Family
from otoscope.models.front_ends import SubsampledLogMel
from otoscope.models.tiny_models import MEL, SHAPE, TinyModel


def _tiny_model() -> TinyModel:
    import transformers

    front_end = {"subsampling_conv_channels": 8, "conv_kernel_size": 5, "subsampling_factor": 4} | MEL
    encoder = transformers.ParakeetEncoderConfig(**SHAPE | front_end)
    config = transformers.ParakeetCTCConfig(encoder_config=encoder.to_dict(), vocab_size=20, pad_token_id=0)
    return transformers.ParakeetForCTC(config), transformers.ParakeetFeatureExtractor(feature_size=16)


FAMILY = Family(
    "parakeet_encoder",
    "ParakeetEncoder",
    SubsampledLogMel(),
    tiny_model=_tiny_model,
)
