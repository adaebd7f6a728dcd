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
TOKEN_LISTS = ([5, 6, 7], [8, 9, 10, 11, 12])


def speech_to_text() -> TinyModel:
    encoder = {"encoder_layers": 1, "encoder_attention_heads": 4, "encoder_ffn_dim": 16, "d_model": HIDDEN}
    sizes = {"input_feat_per_channel": 16, "conv_channels": 16, "max_source_positions": 600, "max_target_positions": 64}
    config = transformers.Speech2TextConfig(**encoder | sizes | DECODER | TOKENS)
    extractor = transformers.Speech2TextFeatureExtractor(feature_size=16, num_mel_bins=16)
    return transformers.Speech2TextForConditionalGeneration(config), extractor


BUILDERS: dict[str, Callable[[], Any]] = {
    "speech_to_text": speech_to_text,
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
