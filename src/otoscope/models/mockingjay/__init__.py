"""Mockingjay, TERA and AudioALBERT on transformers' BERT layers."""

from transformers import AutoConfig, AutoFeatureExtractor, AutoModel, AutoModelForPreTraining

from otoscope.models.mockingjay.configuration import AudioAlbertConfig, MockingjayConfig, TeraConfig
from otoscope.models.mockingjay.feature_extraction import MockingjayFeatureExtractor
from otoscope.models.mockingjay.modeling import (
    AudioAlbertForPreTraining,
    AudioAlbertModel,
    MockingjayForPreTraining,
    MockingjayModel,
    TeraForPreTraining,
    TeraModel,
)

__all__ = [
    "AudioAlbertConfig",
    "AudioAlbertForPreTraining",
    "AudioAlbertModel",
    "MockingjayConfig",
    "MockingjayFeatureExtractor",
    "MockingjayForPreTraining",
    "MockingjayModel",
    "TeraConfig",
    "TeraForPreTraining",
    "TeraModel",
]

_CLASSES = (
    (MockingjayConfig, MockingjayModel, MockingjayForPreTraining),
    (TeraConfig, TeraModel, TeraForPreTraining),
    (AudioAlbertConfig, AudioAlbertModel, AudioAlbertForPreTraining),
)


def register() -> None:
    """Register the three model types with transformers' Auto classes."""
    for config, encoder, pretraining in _CLASSES:
        AutoConfig.register(config.model_type, config, exist_ok=True)
        AutoFeatureExtractor.register(config, MockingjayFeatureExtractor, exist_ok=True)
        AutoModel.register(config, encoder, exist_ok=True)
        AutoModelForPreTraining.register(config, pretraining, exist_ok=True)


register()
