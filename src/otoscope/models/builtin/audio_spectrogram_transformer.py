"""The audio spectrogram transformer (Gong et al. 2021): patches in bands and times."""

from typing import Any

from otoscope.models.families import Family
from otoscope.models.front_ends import SpectrogramPatches
from otoscope.models.tiny_models import SHAPE, TinyModel


def _max_seconds(config: Any) -> float:
    """Return the seconds of 10 ms frames that the model takes."""
    return config.max_length / 100


def _tiny_model() -> TinyModel:
    import transformers

    options = {"max_length": 600, "num_mel_bins": 36, "patch_size": 16, "frequency_stride": 10, "time_stride": 10}
    extractor = transformers.ASTFeatureExtractor(num_mel_bins=36, max_length=600)
    return transformers.ASTModel(transformers.ASTConfig(**SHAPE | options)), extractor


FAMILY = Family(
    "audio-spectrogram-transformer",
    "ASTModel",
    SpectrogramPatches(),
    max_seconds=_max_seconds,
    sees_silence=True,
    is_patch_grid=True,
    tiny_model=_tiny_model,
)
