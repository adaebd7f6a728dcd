"""What a model transcribes, greedily, with a bound on the length of each text."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from otoscope.decoders.transcriber import AudioStates, Transcriber, encode_audio
from otoscope.errors import InputError
from otoscope.models.load import silence_transformers
from otoscope.models.model_settings import SAMPLING_RATE

FIRST_TOKENS, TOKENS_PER_SECOND = 20, 15
"""Tokens that a text may have: speech has about 5 in a second, and a text that repeats itself has no end."""
USUAL_FIRST_TOKENS, USUAL_TOKENS_PER_SECOND = 10, 6
"""Tokens of nearly all texts. Texts without an end by then are generated again, so that the others do not wait."""
BATCH_SIZE = 16


def check_generation(transcriber: Transcriber) -> None:
    """Raise InputError if a model has no tokenizer, or cannot generate a text."""
    transcriber.check_tokenizer()
    if not transcriber.model.can_generate():
        raise InputError(f"expected a model that can generate a text, found {transcriber.name}; take another model")


def encode_waves(transcriber: Transcriber, waves: Sequence[np.ndarray]) -> list[Tensor]:
    """Return what the encoder makes of each wave `[samples]` of 16 kHz: hidden states `[T, d]`, padding included."""
    for wave in waves:
        transcriber.check_wave(wave)
    return [
        hidden
        for batch in _batches(transcriber, range(len(waves)))
        for hidden in encode_audio(transcriber, transcriber.inputs([waves[index] for index in batch])).last_hidden_state
    ]


def transcribe_waves(
    transcriber: Transcriber,
    waves: Sequence[np.ndarray],
    encoded: Sequence[Tensor] | None = None,
    most_tokens: int | None = None,
) -> list[str]:
    """Return what a model transcribes, greedily.

    Args:
        transcriber: the model, with its interventions.
        waves: audio of each utterance, `[samples]` at 16 kHz, as long as the model takes in one piece.
        encoded: hidden states of the encoder `[T, d]` for each wave; None: the encoder runs.
        most_tokens: bound on the tokens of each text; None: `token_limit` of its audio.

    Returns:
        The text of each utterance.

    Raises:
        InputError: the model has no tokenizer or cannot generate, or audio is empty or too long.
    """
    check_generation(transcriber)
    encoded = encode_waves(transcriber, waves) if encoded is None else encoded
    tokens: dict[int, list[int]] = {}
    without_end = list(range(len(waves)))
    longest = [most_tokens or token_limit(len(wave)) for wave in waves]
    for limits in ([min(_usual_limit(len(wave)), most) for wave, most in zip(waves, longest, strict=True)], longest):
        for batch in _batches(transcriber, sorted(without_end, key=lambda index: len(waves[index]))):
            own_limits = [limits[index] for index in batch]
            batch_waves, states = [waves[index] for index in batch], torch.stack([encoded[index] for index in batch])
            tokens |= zip(batch, _generate(transcriber, batch_waves, states, own_limits), strict=True)
        without_end = [index for index in without_end if len(tokens[index]) >= limits[index]]
    texts = transcriber.tokenizer.batch_decode([tokens[i] for i in range(len(waves))], skip_special_tokens=True)
    return [text.strip() for text in texts]


def token_limit(num_samples: int) -> int:
    """Return how many tokens the text of audio of 16 kHz may have."""
    return FIRST_TOKENS + round(TOKENS_PER_SECOND * num_samples / SAMPLING_RATE)


def _usual_limit(num_samples: int) -> int:
    return USUAL_FIRST_TOKENS + round(USUAL_TOKENS_PER_SECOND * num_samples / SAMPLING_RATE)


@torch.inference_mode()
def _generate(
    transcriber: Transcriber, waves: Sequence[np.ndarray], encoded_btd: Tensor, limits: Sequence[int]
) -> list[list[int]]:
    """Return the tokens of each text up to its end, at most `limits` of them."""
    most = (transcriber.max_tokens or max(limits) + len(transcriber.prompt)) - len(transcriber.prompt)
    model, weights = transcriber.model, next(transcriber.model.parameters())
    with silence_transformers():
        sequences = model.generate(
            **transcriber.inputs(waves),
            encoder_outputs=AudioStates(last_hidden_state=encoded_btd.to(weights.device, weights.dtype)),
            max_new_tokens=min(max(limits), most),
            num_beams=1,
            do_sample=False,
        )
    others = {*transcriber.prompt, transcriber.end, model.generation_config.pad_token_id}
    text = [[int(token) for token in row if int(token) not in others] for row in sequences]
    return [row[:limit] for row, limit in zip(text, limits, strict=True)]


def _batches(transcriber: Transcriber, indices: Sequence[int]) -> Iterator[Sequence[int]]:
    """Return the indices in batches; models that do not pad all audio to one length run on one utterance at a time."""
    size = BATCH_SIZE if transcriber.has_fixed_window else 1
    return (indices[start : start + size] for start in range(0, len(indices), size))
