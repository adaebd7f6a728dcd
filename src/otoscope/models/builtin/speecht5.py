"""SpeechT5 (Ao et al. 2022): the encoder of its speech, in a model of speech and text."""

from otoscope.models.families import Family
from otoscope.models.front_ends import Convolutions
from otoscope.models.tiny_models import CONVOLUTIONS, DECODER, HEADS, HIDDEN, LAYERS, TinyModel


def _tiny_model() -> TinyModel:
    import transformers

    encoder = {"encoder_layers": LAYERS, "encoder_attention_heads": HEADS, "encoder_ffn_dim": 64}
    sizes = {"hidden_size": HIDDEN, "encoder_max_relative_position": 20} | CONVOLUTIONS
    config = transformers.SpeechT5Config(**encoder | sizes | DECODER)
    return transformers.SpeechT5ForSpeechToText(config), transformers.SpeechT5FeatureExtractor()


FAMILY = Family(
    "speecht5",
    "SpeechT5EncoderWithSpeechPrenet",
    Convolutions(),
    attention_classes=("SpeechT5Attention",),
    num_layers_key="encoder_layers",
    tiny_model=_tiny_model,
)
