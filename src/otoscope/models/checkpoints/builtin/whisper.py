"""OpenAI Whisper: sizes in `dims`, weights in `model_state_dict`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from otoscope.errors import InputError
from otoscope.models.checkpoints.source import Checkpoint, CheckpointSource
from otoscope.models.checkpoints.weights import Renaming, build_on_meta, give_weights, rename

SIZES = (
    *("n_mels", "n_vocab", "n_audio_ctx", "n_audio_state", "n_audio_head", "n_audio_layer"),
    *("n_text_ctx", "n_text_state", "n_text_head", "n_text_layer"),
)
MAX_SIZE, MAX_LAYERS = 1_000_000, 1000
ENGLISH_VOCABULARY = 51864  # the multilingual one has one token more before its special tokens
BLOCK, PLACE = r"(encoder|decoder)\.blocks\.(\d+)", r"\1.layers.\2"
PARTS = {
    r"attn\.query": "self_attn.q_proj",
    r"attn\.key": "self_attn.k_proj",
    r"attn\.value": "self_attn.v_proj",
    r"attn\.out": "self_attn.out_proj",
    r"attn_ln": "self_attn_layer_norm",
    r"cross_attn\.query": "encoder_attn.q_proj",
    r"cross_attn\.key": "encoder_attn.k_proj",
    r"cross_attn\.value": "encoder_attn.v_proj",
    r"cross_attn\.out": "encoder_attn.out_proj",
    r"cross_attn_ln": "encoder_attn_layer_norm",
    r"mlp\.0": "fc1",
    r"mlp\.2": "fc2",
    r"mlp_ln": "final_layer_norm",
}
RENAMINGS: list[Renaming] = [
    *((rf"{BLOCK}\.{old}\.(weight|bias)", rf"{PLACE}.{new}.\3") for old, new in PARTS.items()),
    (r"(encoder\.conv[12]\.(?:weight|bias))", r"\1"),
    (r"(encoder|decoder)\.positional_embedding", r"\1.embed_positions.weight"),
    (r"encoder\.ln_post\.(weight|bias)", r"encoder.layer_norm.\1"),
    (r"decoder\.ln\.(weight|bias)", r"decoder.layer_norm.\1"),
    (r"decoder\.token_embedding\.weight", "decoder.embed_tokens.weight"),
    (r"decoder\.mask", ""),  # the causal mask, which old files hold
]


def is_whisper(states: Mapping[str, Any]) -> bool:
    """Return whether a file is of OpenAI Whisper."""
    return isinstance(states.get("dims"), Mapping) and isinstance(states.get("model_state_dict"), Mapping)


def build(checkpoint: Checkpoint) -> tuple[Any, Any]:
    """Return Whisper with its decoder, and its feature extractor.

    Raises:
        InputError: sizes or weights are missing or do not belong together.
    """
    from transformers import WhisperFeatureExtractor, WhisperForConditionalGeneration

    path = checkpoint.path
    sizes = _sizes(checkpoint.states["dims"], path)
    weights = rename(checkpoint.states["model_state_dict"], RENAMINGS, path, "Whisper")
    model = build_on_meta(WhisperForConditionalGeneration, _configuration(sizes), path)
    give_weights(model.model, weights, path)
    model.tie_weights()
    seconds = sizes["n_audio_ctx"] // 50
    return model, WhisperFeatureExtractor(feature_size=sizes["n_mels"], chunk_length=seconds)


def _sizes(dims: Mapping[str, Any], path: Path) -> dict[str, int]:
    for name in SIZES:
        most = MAX_LAYERS if name.endswith("layer") else MAX_SIZE
        if type(value := dims.get(name)) is not int or not 0 < value <= most:
            raise InputError(f"{path}: expected {name} from 1 to {most} in 'dims', found {value!r}")
    if dims["n_audio_state"] != dims["n_text_state"]:
        raise InputError(
            f"{path}: expected an encoder and a decoder of one width, found {dims['n_audio_state']} and "
            f"{dims['n_text_state']}"
        )
    return {name: dims[name] for name in SIZES}


def _configuration(sizes: Mapping[str, int]) -> Any:
    from transformers import WhisperConfig

    end = min(50256 if sizes["n_vocab"] == ENGLISH_VOCABULARY else 50257, sizes["n_vocab"] - 1)
    return WhisperConfig(
        num_mel_bins=sizes["n_mels"],
        vocab_size=sizes["n_vocab"],
        d_model=sizes["n_audio_state"],
        max_source_positions=sizes["n_audio_ctx"],
        encoder_layers=sizes["n_audio_layer"],
        encoder_attention_heads=sizes["n_audio_head"],
        encoder_ffn_dim=4 * sizes["n_audio_state"],
        max_target_positions=sizes["n_text_ctx"],
        decoder_layers=sizes["n_text_layer"],
        decoder_attention_heads=sizes["n_text_head"],
        decoder_ffn_dim=4 * sizes["n_text_state"],
        pad_token_id=end,
        bos_token_id=end,
        eos_token_id=end,
        decoder_start_token_id=min(end + 1, sizes["n_vocab"] - 1),
    )


SOURCE = CheckpointSource("'dims' and 'model_state_dict' of OpenAI Whisper", is_whisper, build)
