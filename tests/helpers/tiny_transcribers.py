"""Tiny random models with decoders, of every family that transcribes, and texts for them."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
import transformers

from otoscope.decoders.capture import DecoderText, decoder_text
from otoscope.decoders.transcriber import Transcriber
from otoscope.models.families import find_family
from otoscope.models.tiny_models import DECODER, HIDDEN, TOKENS, TinyModel, randomize_weights

LENGTHS = (24000, 40000)
SMALL_DECODER = {
    "hidden_size": HIDDEN,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
TOKEN_LISTS = ([5, 6, 7], [8, 9, 10, 11, 12])


def speech_to_text() -> TinyModel:
    encoder = {"encoder_layers": 1, "encoder_attention_heads": 4, "encoder_ffn_dim": 16, "d_model": HIDDEN}
    sizes = {"input_feat_per_channel": 16, "conv_channels": 16, "max_source_positions": 600, "max_target_positions": 64}
    config = transformers.Speech2TextConfig(**encoder | sizes | DECODER | TOKENS)
    extractor = transformers.Speech2TextFeatureExtractor(feature_size=16, num_mel_bins=16)
    return transformers.Speech2TextForConditionalGeneration(config), extractor


def seamless_m4t() -> TinyModel:
    model, extractor = find_family("seamless_m4t_v2").tiny_model()
    sizes = {name: value for name, value in model.config.to_dict().items() if name.endswith(("layers", "heads", "dim"))}
    more = {"hidden_size": HIDDEN, "vocab_size": 20, "feature_projection_input_dim": 160}
    config = transformers.SeamlessM4TConfig(**sizes | more | {"conv_depthwise_kernel_size": 5})
    return transformers.SeamlessM4TForSpeechToText(config), extractor


def _fast_conformer() -> dict[str, Any]:
    """Return the configuration of the encoder of Canary and of Cohere's model, and the feature extractor."""
    family = find_family("parakeet_encoder")
    model, _ = family.tiny_model()
    return model.config.encoder_config.to_dict()


def canary() -> TinyModel:
    decoder = SMALL_DECODER | {"vocab_size": 20, "head_dim": HIDDEN // 2}
    config = transformers.CanaryConfig(
        encoder_config=_fast_conformer(), decoder_config=decoder, vocab_size=20, decoder_start_token_id=1
    )
    return transformers.CanaryForConditionalGeneration(config), transformers.ParakeetFeatureExtractor(feature_size=16)


def cohere_asr() -> TinyModel:
    sizes = SMALL_DECODER | {"vocab_size": 20, "decoder_start_token_id": 1}
    config = transformers.CohereAsrConfig(encoder_config=_fast_conformer(), **sizes)
    return transformers.CohereAsrForConditionalGeneration(config), transformers.ParakeetFeatureExtractor(
        feature_size=16
    )


def moonshine_streaming() -> TinyModel:
    sizes = {"hidden_size": HIDDEN, "intermediate_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    encoder = sizes | {"num_key_value_heads": 2, "sliding_windows": [[8, 2], [8, 2]]}
    config = transformers.MoonshineStreamingConfig(
        encoder_config=encoder, **sizes | TOKENS | {"vocab_size": 20, "num_key_value_heads": 2}
    )
    model = transformers.MoonshineStreamingForConditionalGeneration(config)
    return model, transformers.Wav2Vec2FeatureExtractor(do_normalize=False)


BUILDERS: dict[str, Callable[[], Any]] = {
    "speech_to_text": speech_to_text,
    "seamless_m4t": seamless_m4t,
    "canary": canary,
    "cohere_asr": cohere_asr,
    "moonshine_streaming": moonshine_streaming,
    **{name: find_family(name).tiny_model for name in ("whisper", "moonshine", "seamless_m4t_v2", "speecht5")},
}


@cache
def transcriber(name: str) -> Transcriber:
    """Return a tiny transcriber in double precision; tests must leave it as it is."""
    torch.manual_seed(0)
    model, extractor = BUILDERS[name]()
    model.generation_config.eos_token_id, model.generation_config.decoder_start_token_id = 2, 1
    return Transcriber(name, randomize_weights(model.eval()).double(), extractor)


def utterances(tiny: Transcriber) -> tuple[list[np.ndarray], list[DecoderText]]:
    """Return two waves of unlike lengths, and texts of unlike lengths."""
    random = np.random.default_rng(0)
    waves = [0.1 * random.normal(size=length).astype(np.float32) for length in LENGTHS]
    return waves, [decoder_text(tiny, tokens) for tokens in TOKEN_LISTS]
