"""The speech encoder of SeamlessM4T v2 (Barrault et al. 2023), a model of translation."""

from otoscope.models.families import Family
from otoscope.models.front_ends import FilterBankPairs
from otoscope.models.tiny_models import FILTER_BANK, HEADS, HIDDEN, LAYERS, TinyModel


def _tiny_model() -> TinyModel:
    import transformers

    speech = {
        "speech_encoder_layers": LAYERS,
        "speech_encoder_attention_heads": HEADS,
        "speech_encoder_intermediate_size": 64,
        "conv_depthwise_kernel_size": 5,
    }
    text = {"encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "vocab_size": 20}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "hidden_size": HIDDEN}
    config = transformers.SeamlessM4Tv2Config(**speech | text | heads | FILTER_BANK)
    return transformers.SeamlessM4Tv2ForSpeechToText(config), transformers.SeamlessM4TFeatureExtractor()


FAMILY = Family(
    "seamless_m4t_v2",
    "SeamlessM4Tv2SpeechEncoder",
    FilterBankPairs(),
    num_layers_key="speech_encoder_layers",
    adapter="adapter",
    tiny_model=_tiny_model,
)
