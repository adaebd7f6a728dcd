"""Moonshine (Jeffries et al. 2024): rotary positions, within a model of transcription."""

from otoscope.models.families import Family
from otoscope.models.front_ends import MoonshineConvolutions
from otoscope.models.tiny_models import HEADS, HIDDEN, LAYERS, TOKENS, TinyModel


def _tiny_model() -> TinyModel:
    import transformers

    encoder = {"encoder_num_hidden_layers": LAYERS, "encoder_num_attention_heads": HEADS}
    decoder = {"decoder_num_hidden_layers": 1, "decoder_num_attention_heads": HEADS, "vocab_size": 20}
    sizes = {"hidden_size": HIDDEN, "intermediate_size": 64, "attention_bias": True}
    config = transformers.MoonshineConfig(**encoder | decoder | sizes | TOKENS)
    model = transformers.MoonshineForConditionalGeneration(config)
    return model, transformers.Wav2Vec2FeatureExtractor(do_normalize=False)


FAMILY = Family(
    "moonshine",
    "MoonshineEncoder",
    MoonshineConvolutions(),
    num_layers_key="encoder_num_hidden_layers",
    tiny_model=_tiny_model,
)
