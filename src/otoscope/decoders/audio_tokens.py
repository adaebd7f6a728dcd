"""Capture what the text of an audio language model attends to: the span of audio tokens, and the text before it.

Such a model, as Qwen2-Audio, Voxtral or Granite-Speech, puts the encoded audio among the tokens of its text. Its
decoder has self-attention alone. The audio is where the tokens have the id of the configuration.

Axes: b utterance, q row, k column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from otoscope.decoders.attention_modules import DecoderLayer, Kind
from otoscope.decoders.attention_record import AttentionRecord, Head, record_attention
from otoscope.errors import InputError


@dataclass(frozen=True)
class AudioTokenMaps:
    """What the text after the audio attends to; the three parts of a row sum to one.

    Attributes:
        audio: weights `[rows, audio tokens]` of each requested head.
        text: weights `[rows, rows]` on the text after the audio.
        before: weights `[rows]` on what is neither: the tokens before the audio, and between two of its parts.
        positions: place of each row in the sequence; the row predicts the token after it.
        audio_positions: place of each audio token.
    """

    audio: Mapping[Head, np.ndarray]
    text: Mapping[Head, np.ndarray]
    before: Mapping[Head, np.ndarray]
    positions: np.ndarray
    audio_positions: np.ndarray


def capture_audio_tokens(
    model: Any, inputs: Mapping[str, Tensor], *, heads: Sequence[Head] | None = None
) -> AudioTokenMaps:
    """Capture the attention of an audio language model from its text to its audio, in one pass over the final text.

    Args:
        model: a model of transformers with a language model and a token for audio.
        inputs: what its processor returns for one utterance with its whole text: `input_ids` `[1, tokens]` and the
            features of the audio.
        heads: layer and head from 0; None: all.

    Returns:
        The maps of the text after the audio.

    Raises:
        InputError: the model has no audio tokens, the inputs have several utterances or no audio, no text follows the
            audio, a head does not exist, or the model changes the length of its input.

    Examples:
        >>> capture_audio_tokens(nn.Linear(1, 1), {})
        Traceback (most recent call last):
        otoscope.errors.InputError: Linear has no language model with audio tokens; expected a model such as Qwen2-Audio
    """
    token, layers = _audio_token(model), _layers(model)
    ids = inputs["input_ids"]
    is_audio = (ids[0] == token).cpu().numpy()
    _check_inputs(ids, is_audio)
    record = AttentionRecord(layers, {Kind.own: heads}, _first_utterance)
    with torch.inference_mode(), record_attention(model, record):
        model(**inputs, use_cache=False)
    columns = np.flatnonzero(is_audio)
    rows = np.arange(columns[-1] + 1, len(is_audio))
    maps = {head: _checked(map_qk, len(is_audio), model)[rows] for (_, head), map_qk in sorted(record.maps.items())}
    audio = {head: map_qk[:, columns] for head, map_qk in maps.items()}
    text = {head: map_qk[:, rows] for head, map_qk in maps.items()}
    before = {head: map_qk.sum(-1) - audio[head].sum(-1) - text[head].sum(-1) for head, map_qk in maps.items()}
    return AudioTokenMaps(audio, text, before, rows, columns)


def _audio_token(model: Any) -> int:
    token = getattr(getattr(model, "config", None), "audio_token_id", None)
    if token is None or _language_model(model) is None:
        raise InputError(
            f"{type(model).__name__} has no language model with audio tokens; expected a model such as Qwen2-Audio"
        )
    return int(token)


def _language_model(model: Any) -> nn.Module | None:
    """Return the language model of an audio language model, or None."""
    own: nn.Module | None = getattr(model, "language_model", None)
    return own if own is not None else getattr(getattr(model, "model", None), "language_model", None)


def _layers(model: Any) -> dict[nn.Module, DecoderLayer]:
    """Return the self-attention modules of the language model, with the number of their layer."""
    language_model = _language_model(model)
    assert language_model is not None
    named = [module for path, module in language_model.named_modules() if path.rpartition(".")[2] == "self_attn"]
    if not named:
        raise InputError(
            f"the language model of {type(model).__name__} ({type(language_model).__name__}) has no module named "
            "self_attn; otoscope does not know its attention"
        )
    return {module: DecoderLayer(Kind.own, number) for number, module in enumerate(named)}


def _check_inputs(ids: Tensor, is_audio: np.ndarray) -> None:
    if len(ids) != 1:
        raise InputError(f"expected the inputs of one utterance, found {len(ids)}; capture one at a time")
    if not is_audio.any():
        raise InputError("expected audio tokens in input_ids, found none; give the processor the audio too")
    if is_audio[-1]:
        raise InputError("expected text after the audio, found none; add the text that the model wrote")


def _first_utterance(kind: Kind, weights_bqk: Tensor) -> np.ndarray:
    return np.asarray(weights_bqk[0].cpu())


def _checked(map_qk: np.ndarray, tokens: int, model: Any) -> np.ndarray:
    """Return a map. Raise InputError if the model has put other tokens in place of those of its input."""
    if map_qk.shape != (tokens, tokens):
        raise InputError(
            f"expected {tokens} positions in {type(model).__name__}, found {map_qk.shape[-1]}: the model puts more "
            "tokens in place of the audio's; give the inputs of its present processor, with a token for each piece"
        )
    return map_qk
