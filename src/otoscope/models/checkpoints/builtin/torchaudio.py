"""torchaudio's wav2vec 2.0, HuBERT and WavLM: a state dict without settings."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from otoscope.errors import InputError
from otoscope.models.checkpoints.convolutional import LAYER, convolutional_model
from otoscope.models.checkpoints.source import Checkpoint, CheckpointSource
from otoscope.models.checkpoints.weights import Renaming, rename, without_prefix

PROJECTION = "encoder.feature_projection.projection.weight"
BLOCK, PLACE = r"encoder\.transformer\.layers\.(\d+)", r"encoder.layers.\1"
SAME = r"layer_norm|feed_forward\.intermediate_dense|feed_forward\.output_dense|final_layer_norm"
RENAMINGS: list[Renaming] = [
    (r"(feature_extractor\.conv_layers\.\d+\.(?:conv|layer_norm)\.(?:weight|bias))", r"\1"),
    (r"encoder\.(feature_projection\.(?:layer_norm|projection)\.(?:weight|bias))", r"\1"),
    (r"encoder\.transformer\.(pos_conv_embed\.conv\.(?:bias|weight_g|weight_v))", r"encoder.\1"),
    (r"encoder\.transformer\.(layer_norm\.(?:weight|bias))", r"encoder.\1"),
    (rf"{BLOCK}\.({SAME})\.(weight|bias)", rf"{PLACE}.\2.\3"),
    (rf"{BLOCK}\.attention\.(?:attention\.)?((?:k|v|q|out)_proj\.(?:weight|bias))", rf"{PLACE}.attention.\2"),
    (
        rf"{BLOCK}\.attention\.(gru_rel_pos_linear\.\w+|gru_rel_pos_const|rel_attn_embed\.weight)",
        rf"{PLACE}.attention.\2",
    ),
    (r"aux\.(weight|bias)", ""),  # the head of fine-tuning
]
STRIDES = {(10, 3, 3, 3, 3, 2, 2): (5, 2, 2, 2, 2, 2, 2)}
"""Kernels of the convolutions -> their strides in all models of torchaudio, which the weights do not show."""
HEADS = {768: 12, 1024: 16, 1280: 16, 1920: 16}
"""Width -> number of heads of torchaudio's models: base, large, extra large (and XLS-R 1B), XLS-R 2B."""
MAX_BUCKET_DISTANCE = 800  # of torchaudio's WavLM
QKV = ("q_proj", "k_proj", "v_proj")


def is_torchaudio(states: Mapping[str, Any]) -> bool:
    """Return whether a file is a state dict of torchaudio."""
    return any(isinstance(key, str) and key.endswith(PROJECTION) for key in states)


def build(checkpoint: Checkpoint) -> tuple[Any, Any]:
    """Return the encoder and its feature extractor; parts around the encoder are dropped.

    wav2vec 2.0 and HuBERT have the same arithmetic and names, so both become `wav2vec2`.

    Raises:
        InputError: the number of heads is unknown, or weights are missing.
    """
    path = checkpoint.path
    weights = _split(without_prefix(checkpoint.states, PROJECTION, path))
    renamed = rename(weights, RENAMINGS, path, "wav2vec 2.0, HuBERT or WavLM of torchaudio")
    tables = [tensor for key, tensor in renamed.items() if key.endswith("rel_attn_embed.weight")]
    fields = _fields(renamed, path)
    if tables:
        buckets, heads = tables[0].shape
        extra = {"num_buckets": buckets, "max_bucket_distance": MAX_BUCKET_DISTANCE, "num_attention_heads": heads}
        kind, fields = "wavlm", fields | extra
    else:
        kind, fields = "wav2vec2", fields | {"num_attention_heads": _heads(fields["hidden_size"], checkpoint)}
    return convolutional_model(kind, fields, renamed, path, normalize=fields["do_stable_layer_norm"])


def _split(weights: Mapping[str, Any]) -> dict[str, Any]:
    """Return weights with queries, keys and values apart, which torch's own attention holds in one matrix."""
    split = {}
    for key, tensor in weights.items():
        stem, _, last = key.rpartition(".in_proj_")
        if not stem or not isinstance(tensor, Tensor):
            split[key] = tensor
            continue
        split |= {f"{stem}.{name}.{last}": part for name, part in zip(QKV, tensor.chunk(3), strict=False)}
    return split


def _fields(weights: Mapping[str, Tensor], path: Path) -> dict[str, Any]:
    """Return the fields of the configuration that the shapes of the weights show.

    Models whose convolutions all have layer norms also normalise audio, and normalise before their layers.

    Raises:
        InputError: a weight that every model has is missing, or the convolutions are not torchaudio's.
    """
    try:
        fields = _layer_fields(weights) | _convolution_fields(weights)
    except (KeyError, IndexError, ZeroDivisionError) as error:
        raise InputError(f"{path} lacks a weight of its model, or its shape is wrong ({error})") from error
    kernels = fields["conv_kernel"]
    if kernels not in STRIDES:
        raise InputError(
            f"{path} has convolutions of {kernels} samples; expected those of torchaudio, {next(iter(STRIDES))}"
        )
    return fields | {"conv_stride": STRIDES[kernels]}


def _layer_fields(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return number and sizes of the layers and of the convolution of positions before them."""
    positions = weights["encoder.pos_conv_embed.conv.weight_v"].shape
    return {
        "num_hidden_layers": len({match[1] for key in weights if (match := LAYER.fullmatch(key))}),
        "hidden_size": positions[0],
        "intermediate_size": weights["encoder.layers.0.feed_forward.intermediate_dense.weight"].shape[0],
        "num_conv_pos_embeddings": positions[2],
        "num_conv_pos_embedding_groups": positions[0] // positions[1],
    }


def _convolution_fields(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    """Return sizes and norms of the convolutions that read the audio."""
    stem, count = "feature_extractor.conv_layers", sum(key.endswith(".conv.weight") for key in weights)
    shapes = [weights[f"{stem}.{number}.conv.weight"].shape for number in range(count)]
    is_layer = f"{stem}.1.layer_norm.weight" in weights
    return {
        "conv_dim": [shape[0] for shape in shapes],
        "conv_kernel": tuple(shape[2] for shape in shapes),
        "conv_bias": f"{stem}.0.conv.bias" in weights,
        "feat_extract_norm": "layer" if is_layer else "group",
        "do_stable_layer_norm": is_layer,
    }


def _heads(width: int, checkpoint: Checkpoint) -> int:
    heads = checkpoint.n_heads or HEADS.get(width)
    if heads is None:
        raise InputError(f"{checkpoint.path} does not state its number of heads; give it as --heads (n_heads)")
    return heads


SOURCE = CheckpointSource("a state dict of torchaudio's wav2vec 2.0, HuBERT or WavLM", is_torchaudio, build)
