"""Words of audio of any length: which words belong to which part of it."""

from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher

import numpy as np

from otoscope.alignment.aligner import Aligner, align_words
from otoscope.alignment.generation import Part, transcribe
from otoscope.alignment.options import GenerationOptions
from otoscope.alignment.spelling import letters
from otoscope.alignment.word import Word
from otoscope.decoders.transcriber import Transcriber
from otoscope.errors import InputError
from otoscope.models.model_settings import SAMPLING_RATE

MARGIN_SECONDS = 0.3


def words_of_audio(aligner: Aligner, wave: np.ndarray, text: str | None, options: GenerationOptions) -> list[Word]:
    """Return the words of audio `[samples]` of 16 kHz with their times; without a text, the model transcribes it."""
    transcriber = aligner.transcriber
    seconds = len(wave) / SAMPLING_RATE
    is_long = transcriber.window_samples is not None and len(wave) > transcriber.window_samples
    if not len(wave):
        raise InputError("expected audio, found 0 samples; replace or remove the file")
    if text is not None and not is_long:
        return align_words(aligner, transcriber, wave, text.split())
    parts = transcribe(transcriber, wave, options)
    if text is not None:
        parts = divide_text(text.split(), parts)
    return [word for part in join_parts(transcriber, parts, seconds) for word in _words_of_part(aligner, wave, part)]


def _words_of_part(aligner: Aligner, wave: np.ndarray, part: Part) -> list[Word]:
    first, last = (round(time * SAMPLING_RATE) for time in (part.start, part.end))
    words = align_words(aligner, aligner.transcriber, wave[first:last], part.words)
    return [
        replace(word, start=round(word.start + part.start, 3), end=round(word.end + part.start, 3)) for word in words
    ]


def divide_text(words: Sequence[str], parts: Sequence[Part]) -> list[Part]:
    """Return the parts with the words of a text instead of the transcribed ones.

    A word of the text that was transcribed belongs to the same part; those between follow the one before.

    Examples:
        >>> divide_text(["one", "two", "three"], [Part(0, 1, ("one",)), Part(1, 2, ("too", "three"))])
        [Part(start=0, end=1, words=('one', 'two')), Part(start=1, end=2, words=('three',))]
    """
    owner = [index for index, part in enumerate(parts) for _ in part.words]
    transcribed = [letters(word) for part in parts for word in part.words]
    matcher = SequenceMatcher(None, [letters(word) for word in words], transcribed, autojunk=False)
    place = {
        block.a + step: owner[block.b + step] for block in matcher.get_matching_blocks() for step in range(block.size)
    }
    if not place:
        raise InputError(
            f"expected a text of what is said, found no word of it in the transcript ({' '.join(transcribed[:8])}); "
            "check that text and audio belong together"
        )
    divided: list[list[str]] = [[] for _ in parts]
    current = place[min(place)]
    for index, word in enumerate(words):
        current = place.get(index, current)
        divided[current].append(word)
    return [replace(part, words=tuple(group)) for part, group in zip(parts, divided, strict=True) if group]


def join_parts(transcriber: Transcriber, parts: Sequence[Part], seconds: float) -> list[Part]:
    """Return neighbouring parts joined while the model takes them in one piece, with a margin of 0.3 s around them."""
    most = (transcriber.window_samples or np.inf) / SAMPLING_RATE - 2 * MARGIN_SECONDS
    joined: list[Part] = []
    for part in parts:
        if joined and part.end - joined[-1].start <= most:
            joined[-1] = Part(joined[-1].start, part.end, joined[-1].words + part.words)
        else:
            joined.append(replace(part, end=min(part.end, part.start + most)))
    return [
        replace(part, start=max(part.start - MARGIN_SECONDS, 0.0), end=min(part.end + MARGIN_SECONDS, seconds))
        for part in joined
    ]
