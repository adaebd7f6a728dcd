"""Capture decoder attention in one teacher-forced pass over the final text.

A pass over the final text cannot mix beams, failed temperatures or padded steps, which the maps of `generate` do
([decision](../../../docs/decisions/013-decoder-attention.md)). Row t of a map predicts token t + 1.

Axes: b utterance, q row, k column.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from otoscope.decoders.attention_modules import Kind
from otoscope.decoders.attention_record import AttentionRecord, Head, record_attention
from otoscope.decoders.transcriber import Transcriber, encode_audio
from otoscope.errors import InputError
from otoscope.models.model_settings import SAMPLING_RATE


class Row(StrEnum):
    """What the token of a row predicts; `past_end` is the row of the end token, which predicts nothing."""

    prompt = "prompt"
    token = "token"
    end = "end"
    past_end = "past_end"


@dataclass(frozen=True)
class DecoderText:
    """The tokens of one utterance.

    Attributes:
        prompt: tokens before the text.
        tokens: the text.
        end: token after the text.
    """

    prompt: tuple[int, ...]
    tokens: tuple[int, ...]
    end: int

    @property
    def ids(self) -> tuple[int, ...]:
        """All tokens in order."""
        return (*self.prompt, *self.tokens, self.end)

    @property
    def rows(self) -> tuple[Row, ...]:
        """What each row predicts."""
        prompt, tokens = (Row.prompt,) * (len(self.prompt) - 1), (Row.token,) * len(self.tokens)
        return (*prompt, *tokens, Row.end, Row.past_end)


@dataclass(frozen=True)
class DecoderMaps:
    """Attention maps of one utterance.

    Attributes:
        text: its tokens; there is one row for each.
        cross: `[rows, columns]` of each requested head, cropped to the real audio; a row sums to 1 less `beyond`.
        own: `[rows, rows]` of each requested head of decoder self-attention; a row sums to 1.
        beyond: mass of each row on the padding after the real audio, `[rows]`, for each head of `cross`.
        period: seconds from one column to the next.
        norms: norms `[columns]` of what each column adds to the hidden state, for each kind and head; empty unless they
            are requested.
        log_probability: of the token that each row but the last predicts, given the tokens before it, `[rows - 1]`.
        hidden: what the encoder makes of the audio, `[T, d]`, padding included.
    """

    text: DecoderText
    cross: Mapping[Head, np.ndarray]
    own: Mapping[Head, np.ndarray]
    beyond: Mapping[Head, np.ndarray]
    period: float
    log_probability: np.ndarray
    hidden: Tensor
    norms: Mapping[tuple[Kind, Head], np.ndarray] = field(default_factory=dict)

    @property
    def first_token_row(self) -> int:
        """The row that predicts the first token of the text."""
        return len(self.text.prompt) - 1


def decoder_text(transcriber: Transcriber, tokens: Sequence[int]) -> DecoderText:
    """Return the tokens of a text between the prompt and the end token of a model."""
    return DecoderText(transcriber.prompt, tuple(int(token) for token in tokens), transcriber.end)


def capture_decoder(
    transcriber: Transcriber,
    waves: Sequence[np.ndarray],
    texts: Sequence[DecoderText],
    *,
    cross: Sequence[Head] | None = None,
    own: Sequence[Head] | None = (),
    has_norms: bool = False,
) -> list[DecoderMaps]:
    """Return what the decoder attends to while it is given the texts.

    Args:
        transcriber: the model.
        waves: audio of each utterance, `[samples]` at 16 kHz.
        texts: its tokens.
        cross: heads of cross-attention, as layer and head; None: all.
        own: heads of decoder self-attention; None: all.
        has_norms: whether the norms of what columns add to the hidden state are captured too.

    Returns:
        The maps of each utterance.

    Raises:
        InputError: audio is empty or too long, a text is longer than the decoder takes, or a head does not exist.
    """
    for wave, text in zip(waves, texts, strict=True):
        transcriber.check_wave(wave)
        check_length(transcriber, text)
    request = _Request({Kind.cross: cross, Kind.own: own}, has_norms)
    size = len(waves) if transcriber.has_fixed_window else 1  # other models do not ignore the padding of a batch
    return [
        maps
        for start in range(0, len(waves), max(size, 1))
        for maps in _capture_batch(transcriber, waves[start : start + size], texts[start : start + size], request)
    ]


def check_length(transcriber: Transcriber, text: DecoderText) -> None:
    """Raise InputError for a text with more tokens than the decoder has positions."""
    most = transcriber.max_tokens
    if most and len(text.ids) > most:
        raise InputError(
            f"expected a text of at most {most} tokens for {transcriber.name}, found {len(text.ids)}; divide the audio "
            "and its text, or check that they belong together"
        )


class _Request(NamedTuple):
    """What is captured: heads of each kind, None for all, and perhaps norms."""

    heads: Mapping[Kind, Sequence[Head] | None]
    has_norms: bool


@torch.inference_mode()
def _capture_batch(
    transcriber: Transcriber,
    waves: Sequence[np.ndarray],
    texts: Sequence[DecoderText],
    request: _Request,
) -> Iterator[DecoderMaps]:
    inputs = transcriber.inputs(waves)
    encoded = encode_audio(transcriber, inputs)
    columns = encoded.last_hidden_state.shape[1]
    hop = transcriber.samples_per_column(len(waves[0]), columns)
    real = [min(-(-len(wave) // round(hop)), columns) if transcriber.has_fixed_window else columns for wave in waves]
    lengths = [len(text.ids) for text in texts]
    record = AttentionRecord(
        transcriber.layers, request.heads, partial(_crop, rows=lengths, columns=real), request.has_norms
    )
    ids = torch.tensor([[*text.ids, *[text.end] * (max(lengths) - len(text.ids))] for text in texts])
    with record_attention(transcriber.model, record):
        ids = ids.to(transcriber.model.device)
        logits = transcriber.model(**inputs, encoder_outputs=encoded, decoder_input_ids=ids, use_cache=False).logits
    log_probability = _log_probability(logits[:, :-1], ids[:, 1:])
    for index, text in enumerate(texts):
        of_tokens = log_probability[index, : len(text.ids) - 1]
        yield _maps_of(record, index, text, hop / SAMPLING_RATE, (of_tokens, encoded.last_hidden_state[index]))


def _log_probability(logits_bqv: Tensor, ids_bq: Tensor) -> np.ndarray:
    """Return the log probability of each token `[b, q]`."""
    chosen = logits_bqv.gather(-1, ids_bq[..., None])[..., 0]
    return np.asarray((chosen - logits_bqv.logsumexp(-1)).float().cpu())


def _crop(
    kind: Kind, weights_bqk: Tensor, *, rows: Sequence[int], columns: Sequence[int]
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the real part of the map of each utterance, and the mass of its rows beyond it."""
    widths = columns if kind is Kind.cross else rows
    sizes = zip(weights_bqk.cpu(), rows, widths, strict=True)
    return [(map_qk[:q, :k].numpy().copy(), map_qk[:q, k:].sum(-1).numpy()) for map_qk, q, k in sizes]


def _maps_of(
    record: AttentionRecord, index: int, text: DecoderText, period: float, states: tuple[np.ndarray, Tensor]
) -> DecoderMaps:
    """Return the maps of an utterance; `states` are the log probabilities of its tokens, and its encoded audio."""
    parts = {
        kind: {head: items[index] for (recorded, head), items in sorted(record.maps.items()) if recorded is kind}
        for kind in Kind
    }
    cross = {head: map_qk for head, (map_qk, _) in parts[Kind.cross].items()}
    beyond = {head: mass for head, (_, mass) in parts[Kind.cross].items()}
    own = {head: map_qk for head, (map_qk, _) in parts[Kind.own].items()}
    norms = {}
    for (kind, head), norm_bk in record.norms.items():
        columns = parts[kind][head][0].shape[1]
        norms[kind, head] = norm_bk[index, :columns].numpy()
    return DecoderMaps(text, cross, own, beyond, period, *states, norms)
