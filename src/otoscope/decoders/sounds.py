"""Text for sounds without speech, by three rules, and speech whose text becomes empty."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import torch
from torch import Tensor

from otoscope.decoders.transcriber import AudioStates, Transcriber

NO_SPEECH_TOKENS = ("<|nospeech|>", "<|nocaptions|>")
NO_SPEECH_THRESHOLD = 0.6
"""The usual threshold of Whisper: a text is dropped where the probability of no speech is higher."""


class TextRule(StrEnum):
    """What counts as text.

    `anything` is any sign, `words` is a letter or a number, `speech` is words where the probability of no speech is at
    most 0.6.
    """

    anything = "anything"
    words = "words"
    speech = "speech"


@dataclass(frozen=True)
class SoundText:
    """What a model wrote for a sound, and its probability that there is no speech; None without such a token."""

    text: str
    no_speech: float | None

    def counts(self, rule: TextRule) -> bool:
        """Return whether the text counts by a rule."""
        if rule is TextRule.anything:
            return bool(self.text.strip())
        is_dropped = rule is TextRule.speech and self.no_speech is not None and self.no_speech > NO_SPEECH_THRESHOLD
        return has_words(self.text) and not is_dropped


def has_words(text: str) -> bool:
    """Return whether a text has a letter or a number.

    >>> has_words(" you"), has_words(" ...")
    (True, False)
    """
    return any(sign.isalnum() for sign in text)


def no_speech_token(transcriber: Transcriber) -> int | None:
    """Return the token for audio without speech, or None if the model has none."""
    vocabulary = transcriber.tokenizer.get_vocab() if transcriber.tokenizer is not None else {}
    return next((int(vocabulary[name]) for name in NO_SPEECH_TOKENS if name in vocabulary), None)


@torch.inference_mode()
def no_speech_probabilities(transcriber: Transcriber, encoded: Sequence[Tensor]) -> list[float | None]:
    """Return the probability of no speech after the start token for hidden states `[T, d]` of each sound."""
    token = no_speech_token(transcriber)
    if token is None:
        return [None] * len(encoded)
    weights = next(transcriber.model.parameters())
    start = torch.tensor([[transcriber.prompt[0]]], device=weights.device)
    probabilities: list[float | None] = []
    for hidden in encoded:
        states = AudioStates(last_hidden_state=hidden[None].to(weights.device, weights.dtype))
        logits = transcriber.model(encoder_outputs=states, decoder_input_ids=start, use_cache=False).logits
        probabilities.append(float(logits[0, 0].float().softmax(-1)[token]))
    return probabilities


def sound_texts(transcriber: Transcriber, texts: Sequence[str], encoded: Sequence[Tensor]) -> list[SoundText]:
    """Return texts of sounds with their probabilities of no speech."""
    return [SoundText(*item) for item in zip(texts, no_speech_probabilities(transcriber, encoded), strict=True)]


def has_text(sounds: Sequence[SoundText]) -> dict[TextRule, np.ndarray]:
    """Return whether the text of each sound counts, by each rule.

    Examples:
        >>> has_text([SoundText(" .", 0.1), SoundText("you", 0.9)])[TextRule.words].tolist()
        [False, True]
    """
    return {rule: np.array([sound.counts(rule) for sound in sounds], bool) for rule in TextRule}
