"""A tiny random model of each family, with biases that are not zero and attention far from uniform, for self-checks."""

from collections.abc import Callable
from typing import Any

import torch
import transformers as hf
from torch import nn

from otoscope.models import mockingjay as port

HEADS, LAYERS, HIDDEN = 4, 3, 48
SHAPE = {
    "hidden_size": HIDDEN,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": HEADS,
    "intermediate_size": 64,
}
CONVOLUTIONS = {
    "conv_dim": (32, 32, 32),
    "conv_kernel": (10, 8, 4),
    "conv_stride": (5, 16, 4),
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
}
GROUP = {"feat_extract_norm": "group"}
LAYER = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
SQUEEZED = SHAPE | CONVOLUTIONS | {"squeeze_factor": 2}
CONFORMER = {"conv_depthwise_kernel_size": 5, "max_source_positions": 2000}
POSITIONS = {"left_max_position_embeddings": 12, "right_max_position_embeddings": 5}
FILTER_BANK = {"feature_projection_input_dim": 160} | POSITIONS
MEL = {"num_mel_bins": 16}
WHISPER = MEL | {
    "d_model": HIDDEN,
    "encoder_layers": LAYERS,
    "encoder_attention_heads": HEADS,
    "encoder_ffn_dim": 64,
    "max_source_positions": 300,
}
DECODER = {"decoder_layers": 1, "decoder_attention_heads": 2, "decoder_ffn_dim": 16, "vocab_size": 20}
TOKENS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2, "decoder_start_token_id": 1}

Tiny = tuple[nn.Module, Any]
"""A model and its feature extractor."""


def samples() -> Any:
    """The extractor of models that take samples."""
    return hf.Wav2Vec2FeatureExtractor(do_normalize=True)


def wav2vec2_like(model: Any, config: Any, **options: Any) -> Callable[[], Tiny]:
    """Of a class with a convolutional front end."""
    return lambda: (model(config(**SHAPE | CONVOLUTIONS | options)), samples())


def mockingjay_like(model: Any, config: Any, rate: int) -> Callable[[], Tiny]:
    """Of our port: log-mel frames, `rate` of them stacked."""
    return lambda: (model(config(**SHAPE, downsample_rate=rate)), port.MockingjayFeatureExtractor())


def wav2vec2_bert() -> Tiny:
    """Filter-bank frames, two stacked, and a bias by clipped distance."""
    config = hf.Wav2Vec2BertConfig(**SHAPE | FILTER_BANK | CONFORMER)
    return hf.Wav2Vec2BertModel(config), hf.SeamlessM4TFeatureExtractor()


def seamless() -> Tiny:
    """The speech encoder of a translation model."""
    shape = {
        "speech_encoder_layers": LAYERS,
        "speech_encoder_attention_heads": HEADS,
        "speech_encoder_intermediate_size": 64,
    }
    rest = {"encoder_layers": 1, "decoder_layers": 1, "encoder_ffn_dim": 16, "decoder_ffn_dim": 16, "vocab_size": 20}
    heads = {"encoder_attention_heads": 2, "decoder_attention_heads": 2, "hidden_size": HIDDEN}
    config = hf.SeamlessM4Tv2Config(**shape | rest | heads | FILTER_BANK, conv_depthwise_kernel_size=5)
    return hf.SeamlessM4Tv2ForSpeechToText(config), hf.SeamlessM4TFeatureExtractor()


def whisper() -> Tiny:
    """An encoder of six seconds within a model that writes."""
    config = hf.WhisperConfig(**WHISPER | DECODER | TOKENS)
    return hf.WhisperForConditionalGeneration(config), hf.WhisperFeatureExtractor(feature_size=16, chunk_length=6)


def spectrogram_transformer() -> Tiny:
    """Patches of six seconds in bands and times."""
    shape = SHAPE | {"max_length": 600, "num_mel_bins": 36, "patch_size": 16, "frequency_stride": 10, "time_stride": 10}
    extractor = hf.ASTFeatureExtractor(num_mel_bins=36, max_length=600)
    return hf.ASTModel(hf.ASTConfig(**shape)), extractor


def qwen2_audio() -> Tiny:
    """The same encoder, masked and pooled, within a language model."""
    text = {"model_type": "qwen2", "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "vocab_size": 20}
    audio = WHISPER | {"model_type": "qwen2_audio_encoder"}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2}
    config = hf.Qwen2AudioConfig(audio_config=audio, text_config=text | heads, audio_token_index=19)
    extractor = hf.WhisperFeatureExtractor(feature_size=16, chunk_length=6)
    return hf.Qwen2AudioForConditionalGeneration(config), extractor


def moonshine() -> Tiny:
    """Rotary positions, within a model that writes."""
    encoder = {"encoder_num_hidden_layers": LAYERS, "encoder_num_attention_heads": HEADS}
    decoder = {"decoder_num_hidden_layers": 1, "decoder_num_attention_heads": HEADS, "vocab_size": 20}
    sizes = {"hidden_size": HIDDEN, "intermediate_size": 64, "attention_bias": True}
    config = hf.MoonshineConfig(**encoder | decoder | sizes | TOKENS)
    return hf.MoonshineForConditionalGeneration(config), hf.Wav2Vec2FeatureExtractor(do_normalize=False)


def parakeet() -> Tiny:
    """A fast conformer, its relative positions within the mask."""
    front_end = {"subsampling_conv_channels": 8, "conv_kernel_size": 5, "subsampling_factor": 4} | MEL
    encoder = hf.ParakeetEncoderConfig(**SHAPE | front_end)
    config = hf.ParakeetCTCConfig(encoder_config=encoder.to_dict(), vocab_size=20, pad_token_id=0)
    return hf.ParakeetForCTC(config), hf.ParakeetFeatureExtractor(feature_size=16)


def speecht5() -> Tiny:
    """The speech side of a model of speech and text."""
    encoder = {"encoder_layers": LAYERS, "encoder_attention_heads": HEADS, "encoder_ffn_dim": 64}
    sizes = {"hidden_size": HIDDEN, "encoder_max_relative_position": 20} | CONVOLUTIONS
    config = hf.SpeechT5Config(**encoder | sizes | DECODER)
    return hf.SpeechT5ForSpeechToText(config), hf.SpeechT5FeatureExtractor()


TINY: dict[str, Callable[[], Tiny]] = {
    "mockingjay": mockingjay_like(port.MockingjayModel, port.MockingjayConfig, 2),
    "tera": mockingjay_like(port.TeraModel, port.TeraConfig, 1),
    "audioalbert": mockingjay_like(port.AudioAlbertModel, port.AudioAlbertConfig, 2),
    "wav2vec2": wav2vec2_like(hf.Wav2Vec2Model, hf.Wav2Vec2Config, **LAYER),
    "hubert": wav2vec2_like(hf.HubertModel, hf.HubertConfig, **LAYER),
    "wavlm": wav2vec2_like(hf.WavLMModel, hf.WavLMConfig, **LAYER),
    "data2vec-audio": wav2vec2_like(
        hf.Data2VecAudioModel, hf.Data2VecAudioConfig, num_conv_pos_embeddings=2, conv_pos_kernel_size=7
    ),
    "unispeech": wav2vec2_like(hf.UniSpeechModel, hf.UniSpeechConfig, **LAYER),
    "unispeech-sat": wav2vec2_like(hf.UniSpeechSatModel, hf.UniSpeechSatConfig, **LAYER),
    "sew": wav2vec2_like(hf.SEWModel, hf.SEWConfig, **SQUEEZED),
    "sew-d": wav2vec2_like(
        hf.SEWDModel,
        hf.SEWDConfig,
        **SQUEEZED,
        max_position_embeddings=64,
        position_buckets=16,
        feat_extract_norm="layer",
    ),
    "wav2vec2-conformer": wav2vec2_like(
        hf.Wav2Vec2ConformerModel, hf.Wav2Vec2ConformerConfig, **CONFORMER, feat_extract_norm="layer"
    ),
    "wav2vec2-bert": wav2vec2_bert,
    "seamless_m4t_v2": seamless,
    "whisper": whisper,
    "audio-spectrogram-transformer": spectrogram_transformer,
    "qwen2_audio_encoder": qwen2_audio,
    "moonshine": moonshine,
    "parakeet_encoder": parakeet,
    "speecht5": speecht5,
}

QUERIES_AND_KEYS = ("q_proj", "k_proj", "query", "key", "linear_q", "linear_k", "query_proj", "key_proj")
POSITIONS_OF_ATTENTION = ("rel_attn_embed", "distance_embedding", "pe_k", "rel_embeddings")
TOKENS_AND_POSITIONS = ("cls_token", "distillation_token", "position_embeddings")
POSITION_BIASES = ("pos_bias_u", "pos_bias_v", "bias_u", "bias_v")

SHARPER = dict.fromkeys(("tera", "audioalbert", "whisper", "qwen2_audio_encoder"), 3.0)  # their frames are much alike


def build(family: str, builder: Callable[[], Tiny] | None = None) -> Tiny:
    """The tiny model of a family (or another builder's), always the same."""
    torch.manual_seed(0)
    model, extractor = (builder or TINY[family])()
    return sharpen(model, SHARPER.get(family, 2.0)), extractor


def sharpen(model: nn.Module, sharp: float = 2.0) -> nn.Module:
    """Weights of unit gain (queries and keys `sharp` times that), biases that are not zero, positions that matter."""
    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            gain = sharp if name.endswith(QUERIES_AND_KEYS) else 1.0
            nn.init.normal_(module.weight, std=gain * module.in_features**-0.5)
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.3)
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, std=2 * module.weight[0].numel() ** -0.5)
        if name.endswith(POSITIONS_OF_ATTENTION):
            nn.init.normal_(module.weight, std=2.0 if "rel_attn" in name else 1.0)
    for name, parameter in model.named_parameters():
        if name.endswith("gru_rel_pos_const"):
            nn.init.uniform_(parameter, 0.5, 2.0)
        if name.endswith(TOKENS_AND_POSITIONS):
            nn.init.normal_(parameter, std=1.0)
        if name.endswith(POSITION_BIASES):
            nn.init.normal_(parameter, std=0.5)
    return model
