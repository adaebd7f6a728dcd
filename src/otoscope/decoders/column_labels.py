"""What is known of the columns of decoder maps: the tokens and words of the text, and where the audio is silent."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from otoscope.decoders.capture import DecoderMaps
from otoscope.decoders.transcriber import Transcriber
from otoscope.models.model_settings import SAMPLING_RATE
from otoscope.typing import Bools, Floats, Ints

WORD_BEGINNINGS = ("Ġ", "▁", " ")
"""How tokens begin that begin a word, in the vocabularies of transformers."""
SILENCE_DB = 35.0
"""A column is silent if it is so much quieter than the loudest column of its utterance."""


@dataclass(frozen=True, eq=False)
class ColumnLabels:
    """Labels of the columns of one utterance.

    Attributes:
        tokens: token of each column of self-attention, `[tokens]`.
        words: number of the word of each token from 0; -1 in the prompt and for the end token.
        is_silent: whether the audio of each column of cross-attention is silent, `[columns]`.
        word_ends: labelled end of each word in seconds, `[words]`; None without labels.
        period: seconds from one column of cross-attention to the next.
    """

    tokens: Ints
    words: Ints
    is_silent: Bools
    word_ends: Floats | None = None
    period: float = 0.02


def column_labels(
    transcriber: Transcriber, wave: np.ndarray, maps: DecoderMaps, word_ends: Sequence[float] = ()
) -> ColumnLabels:
    """Return the labels of the columns of an utterance's maps; with no map of cross-attention, `is_silent` is empty.

    `word_ends` are those of the corpus. They are used if they are as many as the words of the text.
    """
    columns = next((map_qk.shape[1] for map_qk in maps.cross.values()), 0)
    tokens, text = np.array(maps.text.ids), maps.text
    pieces = transcriber.tokenizer.convert_ids_to_tokens(list(text.tokens)) if transcriber.tokenizer else []
    begins = [str(piece).startswith(WORD_BEGINNINGS) or place == 0 for place, piece in enumerate(pieces)]
    words = np.full(len(tokens), -1)
    words[len(text.prompt) : len(text.prompt) + len(begins)] = np.cumsum(begins) - 1
    is_silent = silent_columns(wave, columns, maps.period)
    ends = np.array(word_ends, float) if len(word_ends) == words.max(initial=-1) + 1 else None
    return ColumnLabels(tokens, words, is_silent, ends, maps.period)


def silent_columns(wave: np.ndarray, columns: int, period: float) -> Bools:
    """Return whether each column of audio `[samples]` of 16 kHz is 35 dB quieter than the loudest one.

    >>> silent_columns(np.repeat([0.0, 1.0, 0.001], 320), 3, 0.02).tolist()
    [True, False, True]
    """
    samples = round(period * SAMPLING_RATE)
    padded = np.pad(np.asarray(wave, np.float64), (0, max(columns * samples - len(wave), 0)))[: columns * samples]
    power = np.square(padded.reshape(columns, samples)).mean(-1) if columns else np.zeros(0)
    return power < power.max(initial=0) * 10 ** (-SILENCE_DB / 10)
