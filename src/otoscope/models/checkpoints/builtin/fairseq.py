"""fairseq's wav2vec 2.0, HuBERT and data2vec for audio, and WavLM: settings in `cfg` or `args`, weights in `model`."""

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from otoscope.errors import InputError
from otoscope.models.checkpoints.convolutional import convolutional_model
from otoscope.models.checkpoints.reading import plain
from otoscope.models.checkpoints.source import Checkpoint, CheckpointSource
from otoscope.models.checkpoints.weights import Renaming, rename, without_prefix

FIRST = "feature_extractor.conv_layers.0.0.weight"
CONV, LAYER = r"feature_extractor\.conv_layers\.(\d+)", r"encoder\.layers\.(\d+)"
RENAMINGS: list[Renaming] = [
    (rf"{CONV}\.0\.(weight|bias)", r"feature_extractor.conv_layers.\1.conv.\2"),
    (rf"{CONV}\.2\.(?:1\.)?(weight|bias)", r"feature_extractor.conv_layers.\1.layer_norm.\2"),
    (r"layer_norm\.(weight|bias)", r"feature_projection.layer_norm.\1"),
    (r"post_extract_proj\.(weight|bias)", r"feature_projection.projection.\1"),
    (r"mask_emb", "masked_spec_embed"),
    (r"encoder\.pos_conv\.0\.(bias|weight_g|weight_v)", r"encoder.pos_conv_embed.conv.\1"),
    (r"encoder\.pos_conv\.(\d+)\.0\.(weight|bias)", r"encoder.pos_conv_embed.layers.\1.conv.\2"),
    (r"encoder\.layer_norm\.(weight|bias)", r"encoder.layer_norm.\1"),
    (rf"{LAYER}\.self_attn\.((?:k|v|q|out)_proj)\.(weight|bias)", r"encoder.layers.\1.attention.\2.\3"),
    (rf"{LAYER}\.self_attn\.grep_linear\.(weight|bias)", r"encoder.layers.\1.attention.gru_rel_pos_linear.\2"),
    (rf"{LAYER}\.self_attn\.grep_a", r"encoder.layers.\1.attention.gru_rel_pos_const"),
    (rf"{LAYER}\.self_attn\.relative_attention_bias\.weight", r"encoder.layers.\1.attention.rel_attn_embed.weight"),
    (rf"{LAYER}\.self_attn_layer_norm\.(weight|bias)", r"encoder.layers.\1.layer_norm.\2"),
    (rf"{LAYER}\.fc1\.(weight|bias)", r"encoder.layers.\1.feed_forward.intermediate_dense.\2"),
    (rf"{LAYER}\.fc2\.(weight|bias)", r"encoder.layers.\1.feed_forward.output_dense.\2"),
    (rf"{LAYER}\.final_layer_norm\.(weight|bias)", r"encoder.layers.\1.final_layer_norm.\2"),
    (r"(quantizer|project_q|final_proj|target_glu)\..*|label_embs_concat|_ema(\..*)?", ""),
]
SIZES = ("encoder_layers", "encoder_embed_dim", "encoder_ffn_embed_dim", "encoder_attention_heads")
SETTINGS = (*SIZES, "conv_feature_layers", "extractor_mode", "layer_norm_first", "activation_fn")
NORMS = {"default": "group", "layer_norm": "layer"}
ACTIVATIONS = {"gelu": "gelu", "relu": "relu", "gelu_accurate": "gelu_new", "gelu_fast": "gelu_new"}
DEFAULTS = {
    "layer_type": "transformer",
    "conv_pos_batch_norm": False,
    "quantize_input": False,
    "deep_norm": False,
    "crop_seq_to_multiple": 1,
}
"""Settings that change the arithmetic, and the only value that transformers implements."""
MAX_CONVOLUTIONS, MAX_TEXT = 100, 1000  # layers, characters


def is_fairseq(states: Mapping[str, Any]) -> bool:
    """Return whether a file is of fairseq."""
    return isinstance(states.get("model"), Mapping) and ("cfg" in states or "args" in states)


def build(checkpoint: Checkpoint) -> tuple[Any, Any]:
    """Return the encoder and its feature extractor; parts for training and a head of fine-tuning are dropped.

    Raises:
        InputError: the file holds another model, or one that transformers does not implement.
    """
    path = checkpoint.path
    settings, normalize = _settings(checkpoint.states, path)
    weights = rename(without_prefix(checkpoint.states["model"], FIRST, path), RENAMINGS, path, "wav2vec 2.0 or HuBERT")
    kind = _kind(settings, weights)
    return convolutional_model(kind, _fields(settings, kind, path), weights, path, normalize=normalize)


def _settings(states: Mapping[str, Any], path: Path) -> tuple[dict[str, Any], bool]:
    """Return the settings of the encoder, and whether audio is normalised; those of fine-tuning contain the encoder's.

    Raises:
        InputError: they are missing.
    """
    whole = plain(states.get("cfg")) or plain(states.get("args"))
    for _ in range(3):  # a model, its fine-tuning, and no more
        if not isinstance(whole, dict):
            break
        model = inner if isinstance(inner := whole.get("model"), dict) else whole
        if isinstance(inner := model.get("w2v_args"), dict):
            whole = inner
            continue
        task = inner if isinstance(inner := whole.get("task"), dict) else whole
        settings = {"conv_pos": 128, "conv_pos_groups": 16, "conv_bias": False} | model
        missing = [name for name in SETTINGS if name not in settings]
        normalize = task.get("normalize", model.get("normalize"))
        if missing or not isinstance(normalize, bool):
            raise InputError(f"{path} does not state '{[*missing, 'normalize'][0]}' in 'cfg' or 'args'")
        return settings, normalize
    raise InputError(f"{path} does not hold its model's settings ('cfg' or 'args')")


def _kind(settings: Mapping[str, Any], weights: Mapping[str, Any]) -> str:
    """Return the model type of transformers, by the parts that only this type has."""
    if any(key.endswith("gru_rel_pos_const") for key in weights):
        return "wavlm"
    if any(key.startswith("encoder.pos_conv_embed.layers") for key in weights):
        return "data2vec-audio"
    name = f"{settings.get('_name')} {settings.get('arch')}"
    return "hubert" if "hubert" in name or "label_rate" in settings else "wav2vec2"


def _fields(settings: Mapping[str, Any], kind: str, path: Path) -> dict[str, Any]:
    """Return the settings as fields of transformers' configurations.

    Raises:
        InputError: transformers does not implement a setting.
    """
    _check(settings, path)
    convolutions = _convolutions(settings["conv_feature_layers"], path)
    fields = {
        "num_hidden_layers": settings["encoder_layers"],
        "hidden_size": settings["encoder_embed_dim"],
        "intermediate_size": settings["encoder_ffn_embed_dim"],
        "num_attention_heads": settings["encoder_attention_heads"],
        "hidden_act": ACTIVATIONS[settings["activation_fn"]],
        "conv_bias": settings["conv_bias"],
        "num_conv_pos_embedding_groups": settings["conv_pos_groups"],
        **dict(zip(("conv_dim", "conv_kernel", "conv_stride"), zip(*convolutions, strict=True), strict=True)),
    }
    if kind == "data2vec-audio":
        return fields | _data2vec(settings, path)
    norms = {
        "feat_extract_norm": NORMS[settings["extractor_mode"]],
        "do_stable_layer_norm": settings["layer_norm_first"],
    }
    buckets = {"num_buckets": settings.get("num_buckets"), "max_bucket_distance": settings.get("max_distance")}
    return fields | norms | {"num_conv_pos_embeddings": settings["conv_pos"]} | (buckets if kind == "wavlm" else {})


def _check(settings: Mapping[str, Any], path: Path) -> None:
    for name, expected in DEFAULTS.items():
        if (value := settings.get(name)) is not None and value != expected:
            raise InputError(f"{path} has {name} {value!r}; transformers implements {expected!r} alone")
    for name, choices in (("extractor_mode", NORMS), ("activation_fn", ACTIVATIONS)):
        if (value := settings[name]) not in list(choices):
            raise InputError(f"{path} has {name} {value!r}; expected one of {', '.join(choices)}")


def _data2vec(settings: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Return the fields of positions; transformers implements one place of the normalisations only."""
    if settings["layer_norm_first"] or settings["extractor_mode"] != "layer_norm":
        raise InputError(f"{path} normalises before its layers; transformers implements data2vec with it after them")
    depth, width = settings.get("pos_conv_depth"), settings["conv_pos"]
    if type(depth) is not int or type(width) is not int or depth < 1:
        raise InputError(f"{path}: expected whole numbers as pos_conv_depth and conv_pos, found {depth!r}, {width!r}")
    return {"num_conv_pos_embeddings": depth, "conv_pos_kernel_size": max(3, width // depth)}


def _convolutions(text: Any, path: Path) -> list[list[int]]:
    """Return channels, kernel and stride of each convolution from text such as `[(512, 10, 5)] + [(512, 3, 2)] * 4`.

    The text is parsed, and never run.

    Raises:
        InputError: it is no such list.
    """
    try:
        layers = _value(ast.parse(text[:MAX_TEXT], mode="eval").body) if isinstance(text, str) else text
    except Exception as error:  # ast raises errors of several kinds
        raise InputError(f"{path} has conv_feature_layers that is no list: {str(text)[:100]!r}") from error
    if not isinstance(layers, list) or not layers or not all(_is_convolution(layer) for layer in layers):
        raise InputError(
            f"{path}: expected (channels, kernel, stride) in conv_feature_layers, found {str(text)[:100]!r}"
        )
    return layers


def _is_convolution(layer: Any) -> bool:
    return isinstance(layer, list) and len(layer) == 3 and all(type(size) is int and size > 0 for size in layer)


def _value(node: ast.AST) -> Any:
    """Return the value of lists, tuples, numbers, sums of lists and multiples of lists."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, (ast.List, ast.Tuple)):
        return [_value(item) for item in node.elts]
    if not isinstance(node, ast.BinOp):
        raise ValueError(type(node).__name__)
    left, right = _value(node.left), _value(node.right)
    if isinstance(node.op, ast.Add) and isinstance(left, list):
        return left + right
    if isinstance(node.op, ast.Mult) and isinstance(left, list) and right > 0 and len(left) * right <= MAX_CONVOLUTIONS:
        return left * right
    raise ValueError(type(node.op).__name__)


SOURCE = CheckpointSource(
    "'model' and 'cfg' or 'args' of fairseq's wav2vec 2.0, HuBERT or data2vec, or of WavLM", is_fairseq, build
)
