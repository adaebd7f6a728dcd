"""Tiny random models: what the families share, with biases that are not zero and attention far from uniform.

Importing this module imports neither torch nor transformers; the models are made by calls only.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from otoscope.models.families import Family

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
GROUP_NORM = {"feat_extract_norm": "group"}
LAYER_NORM = {"feat_extract_norm": "layer", "do_stable_layer_norm": True}
POOLED = {"squeeze_factor": 2}
CONFORMER = {"conv_depthwise_kernel_size": 5, "max_source_positions": 2000}
FILTER_BANK = {
    "feature_projection_input_dim": 160,
    "left_max_position_embeddings": 12,
    "right_max_position_embeddings": 5,
}
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

TinyModel = tuple[Any, Any]
"""A model and its feature extractor."""

QUERIES_AND_KEYS = ("q_proj", "k_proj", "query", "key", "linear_q", "linear_k", "query_proj", "key_proj")
ATTENTION_POSITIONS = ("rel_attn_embed", "distance_embedding", "pe_k", "rel_embeddings")
TOKENS_AND_POSITIONS = ("cls_token", "distillation_token", "position_embeddings")
POSITION_BIASES = ("pos_bias_u", "pos_bias_v", "bias_u", "bias_v")


def sample_extractor() -> Any:
    """Make the feature extractor of models that take samples."""
    import transformers

    return transformers.Wav2Vec2FeatureExtractor(do_normalize=True)


def convolutional_model(name: str, **options: Any) -> TinyModel:
    """Make a model of transformers with a convolutional front end: `name` without `Model` or `Config`."""
    import transformers

    config = getattr(transformers, f"{name}Config")(**SHAPE | CONVOLUTIONS | options)
    return getattr(transformers, f"{name}Model")(config), sample_extractor()


def mockingjay_model(name: str, rate: int) -> TinyModel:
    """Make a model of otoscope on log-mel frames, `rate` of them stacked: `name` without `Model` or `Config`."""
    from otoscope.models import mockingjay

    config = getattr(mockingjay, f"{name}Config")(**SHAPE, downsample_rate=rate)
    return getattr(mockingjay, f"{name}Model")(config), mockingjay.MockingjayFeatureExtractor()


def build_tiny_model(family: "Family", builder: "Callable[[], TinyModel] | None" = None) -> TinyModel:
    """Make the tiny model of a family, with the same weights in every call.

    Args:
        family: a family with a `tiny_model`.
        builder: makes another model of the family.

    Raises:
        InputError: the family has no tiny model.
    """
    import torch

    from otoscope.errors import InputError

    if (builder or family.tiny_model) is None:
        raise InputError(f"expected a tiny model of the family {family.model_type}, found none; set its tiny_model")
    torch.manual_seed(0)
    model, extractor = (builder or family.tiny_model)()  # type: ignore[misc]
    return randomize_weights(model, family.tiny_gain), extractor


def randomize_weights(model: Any, gain: float = 2.0) -> Any:
    """Set weights to unit gain (queries and keys to `gain`), biases to numbers that are not zero, and return the model.

    Embeddings of positions get values that have an effect.
    """
    from torch import nn

    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            factor = gain if name.endswith(QUERIES_AND_KEYS) else 1.0
            nn.init.normal_(module.weight, std=factor * module.in_features**-0.5)
            if module.bias is not None:
                nn.init.normal_(module.bias, std=0.3)
        if isinstance(module, nn.Conv2d):
            nn.init.normal_(module.weight, std=2 * module.weight[0].numel() ** -0.5)
        if name.endswith(ATTENTION_POSITIONS):
            nn.init.normal_(module.weight, std=2.0 if "rel_attn" in name else 1.0)
    _randomize_parameters(model)
    return model


def _randomize_parameters(model: Any) -> None:
    from torch import nn

    for name, parameter in model.named_parameters():
        if name.endswith("gru_rel_pos_const"):
            nn.init.uniform_(parameter, 0.5, 2.0)
        if name.endswith(TOKENS_AND_POSITIONS):
            nn.init.normal_(parameter, std=1.0)
        if name.endswith(POSITION_BIASES):
            nn.init.normal_(parameter, std=0.5)
