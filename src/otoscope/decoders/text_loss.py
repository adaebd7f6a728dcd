"""The loss of a text: minus the log probability of its tokens, given what the encoder made of the audio."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from otoscope.decoders.capture import DecoderText, check_length, decoder_text
from otoscope.decoders.transcriber import AudioStates, Transcriber
from otoscope.decoders.transcription import encode_waves


@dataclass(frozen=True, eq=False)
class SpokenText:
    """An utterance as a decoder receives it.

    Attributes:
        wave: samples `[samples]` of 16 kHz.
        hidden: what the encoder makes of it, `[T, d]`.
        text: its text as tokens.
    """

    wave: np.ndarray
    hidden: Tensor
    text: DecoderText


def spell_text(transcriber: Transcriber, text: str) -> DecoderText:
    """Return a text as tokens between the prompt and the end token of a model.

    Raises:
        InputError: the text is longer than the decoder takes.
    """
    tokens = decoder_text(transcriber, transcriber.tokenizer(f" {text}", add_special_tokens=False).input_ids)
    check_length(transcriber, tokens)
    return tokens


def spoken_texts(
    transcriber: Transcriber, waves: Sequence[np.ndarray], texts: Sequence[DecoderText]
) -> list[SpokenText]:
    """Return utterances with their encoded audio, which can be part of a graph of gradients."""
    with torch.inference_mode(False):  # also within a block of inference, whose tensors can be part of no graph
        encoded = [hidden.clone() for hidden in encode_waves(transcriber, waves)]
    return [SpokenText(*item) for item in zip(waves, encoded, texts, strict=True)]


def text_loss(transcriber: Transcriber, spoken: SpokenText) -> Tensor:
    """Return minus the mean log probability of the tokens after the prompt, with the interventions in force."""
    weights = next(transcriber.model.parameters())
    states = AudioStates(last_hidden_state=spoken.hidden[None].to(weights.device, weights.dtype))
    ids = torch.tensor([spoken.text.ids], device=weights.device)
    logits = transcriber.model(encoder_outputs=states, decoder_input_ids=ids, use_cache=False).logits[0]
    first = len(spoken.text.prompt)
    return torch.nn.functional.cross_entropy(logits[first - 1 : -1].float(), ids[0, first:])
