"""Checkpoints as other toolkits write them, made from tiny models of transformers by the inverse change of names."""

import argparse
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

NAMES = Path(__file__).parents[1] / "models" / "checkpoints" / "names"


def weights_of(model: Any) -> dict[str, Tensor]:
    """Weights by name, with the names of weight normalisation before torch 2.0."""
    new = {"parametrizations.weight.original0": "weight_g", "parametrizations.weight.original1": "weight_v"}
    pattern = re.compile("|".join(map(re.escape, new)))
    return {pattern.sub(lambda match: new[match[0]], key): value for key, value in model.state_dict().items()}


def renamed(weights: dict[str, Tensor], changes: dict[str, str]) -> dict[str, Tensor]:
    for old, new in changes.items():
        weights = {re.sub(old, new, key): value for key, value in weights.items()}
    return weights


def fairseq_weights(model: Any) -> dict[str, Tensor]:
    norm = r"2.1" if model.config.to_dict().get("feat_extract_norm", "layer") == "layer" else "2"
    changes = {
        r"(conv_layers\.\d+)\.conv\.": r"\1.0.",
        r"(conv_layers\.\d+)\.layer_norm\.": rf"\1.{norm}.",
        r"^feature_projection\.projection\.": "post_extract_proj.",
        r"^feature_projection\.": "",
        r"^masked_spec_embed$": "mask_emb",
        r"pos_conv_embed\.conv\.": "pos_conv.0.",
        r"pos_conv_embed\.layers\.(\d+)\.conv\.": r"pos_conv.\1.0.",
        r"(layers\.\d+)\.layer_norm": r"\1.self_attn_layer_norm",
        r"attention\.gru_rel_pos_linear": "attention.grep_linear",
        r"attention\.gru_rel_pos_const": "attention.grep_a",
        r"attention\.rel_attn_embed": "attention.relative_attention_bias",
        r"(layers\.\d+)\.attention": r"\1.self_attn",
        r"feed_forward\.intermediate_dense": "fc1",
        r"feed_forward\.output_dense": "fc2",
    }
    return renamed(weights_of(model), changes)


def fairseq_settings(model: Any, **changes: Any) -> dict[str, Any]:
    config = model.config.to_dict()
    is_data2vec = config["model_type"] == "data2vec-audio"
    positions = config["num_conv_pos_embeddings"] * (config["conv_pos_kernel_size"] if is_data2vec else 1)
    triples = zip(config["conv_dim"], config["conv_kernel"], config["conv_stride"], strict=True)
    return {
        "_name": config["model_type"].replace("-", "_"),
        "encoder_layers": config["num_hidden_layers"],
        "encoder_embed_dim": config["hidden_size"],
        "encoder_ffn_embed_dim": config["intermediate_size"],
        "encoder_attention_heads": config["num_attention_heads"],
        "activation_fn": "gelu",
        "extractor_mode": "default" if config.get("feat_extract_norm") == "group" else "layer_norm",
        "layer_norm_first": config.get("do_stable_layer_norm", False),
        "conv_feature_layers": " + ".join(f"[{triple}] * 1" for triple in triples),
        "conv_bias": config["conv_bias"],
        "conv_pos": positions,
        "conv_pos_groups": config["num_conv_pos_embedding_groups"],
        "pos_conv_depth": config["num_conv_pos_embeddings"] if is_data2vec else 1,
        "num_buckets": config.get("num_buckets"),
        "max_distance": config.get("max_bucket_distance"),
    } | changes


def fairseq_states(model: Any, **changes: Any) -> dict[str, Any]:
    """A checkpoint of pre-training, in the form since 2021, with a part that only training needs."""
    training = {"final_proj.weight": torch.zeros(2, 2), "_ema": {"layers.0.fc1.weight": torch.zeros(2)}}
    cfg = {"model": fairseq_settings(model, **changes), "task": {"normalize": True}}
    return {"cfg": cfg, "args": None, "model": fairseq_weights(model) | training}


def fine_tuned_fairseq_states(model: Any) -> dict[str, Any]:
    """A checkpoint of fine-tuning in the form before 2021: settings of pre-training within those of fine-tuning."""
    inner = argparse.Namespace(arch="wav2vec2", normalize=True, **fairseq_settings(model))
    weights = {f"w2v_encoder.w2v_model.{key}": value for key, value in fairseq_weights(model).items()}
    head = {"w2v_encoder.proj.weight": torch.zeros(2, 2)}
    return {"args": argparse.Namespace(arch="wav2vec_ctc", w2v_args=inner), "model": weights | head}


def torchaudio_weights(model: Any, prefix: str = "") -> dict[str, Tensor]:
    weights = weights_of(model)
    weights.pop("masked_spec_embed", None)
    if model.config.model_type == "wavlm":
        weights = joined(weights)
    changes = {
        r"^encoder\.": "encoder.transformer.",
        r"^feature_projection\.": "encoder.feature_projection.",
        "^": prefix,
    }
    return renamed(weights, changes)


def joined(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights with queries, keys and values in one matrix, and its module within the module of attention."""
    whole = {}
    for key, value in weights.items():
        if match := re.fullmatch(r"(.*attention)\.q_proj\.(weight|bias)", key):
            parts = [weights[f"{match[1]}.{name}_proj.{match[2]}"] for name in "qkv"]
            whole[f"{match[1]}.attention.in_proj_{match[2]}"] = torch.cat(parts)
        elif not re.fullmatch(r".*attention\.[kv]_proj\.(weight|bias)", key):
            whole[key.replace("attention.out_proj", "attention.attention.out_proj")] = value
    return whole


def whisper_states(model: Any) -> dict[str, Any]:
    config = model.config
    changes = {
        r"\.layers\.": ".blocks.",
        r"self_attn_layer_norm": "attn_ln",
        r"encoder_attn_layer_norm": "cross_attn_ln",
        r"self_attn\.": "attn.",
        r"encoder_attn\.": "cross_attn.",
        r"\.([qkv])_proj": lambda match: {"q": ".query", "k": ".key", "v": ".value"}[match[1]],
        r"\.out_proj": ".out",
        r"\.fc1": ".mlp.0",
        r"\.fc2": ".mlp.2",
        r"final_layer_norm": "mlp_ln",
        r"^encoder\.layer_norm": "encoder.ln_post",
        r"^decoder\.layer_norm": "decoder.ln",
        r"embed_positions\.weight": "positional_embedding",
        r"embed_tokens": "token_embedding",
    }
    dims = {
        "n_mels": config.num_mel_bins,
        "n_vocab": config.vocab_size,
        "n_audio_ctx": config.max_source_positions,
        "n_audio_state": config.d_model,
        "n_audio_head": config.encoder_attention_heads,
        "n_audio_layer": config.encoder_layers,
        "n_text_ctx": config.max_target_positions,
        "n_text_state": config.d_model,
        "n_text_head": config.decoder_attention_heads,
        "n_text_layer": config.decoder_layers,
    }
    return {"dims": dims, "model_state_dict": renamed(model.model.state_dict(), changes)}


def original_names(name: str) -> dict[str, Tensor]:
    """Weights without memory, under the names and with the shapes of a real checkpoint.

    A line of the file is a name and a shape; `{0-11}` in a name is one weight for each of these numbers.
    """
    weights = {}
    for line in (NAMES / f"{name}.txt").read_text(encoding="utf-8").splitlines()[1:]:
        key, shape = line.split()
        size = [int(number) for number in shape.split("x")]
        match = re.search(r"\{(\d+)-(\d+)\}", key)
        numbers = range(int(match[1]), int(match[2]) + 1) if match else [0]
        for number in numbers:
            weights[re.sub(r"\{.*\}", str(number), key)] = torch.empty(size, device="meta")
    return weights
