"""Words with times as files: TextGrid, CTM, JSON, SubRip and WebVTT."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from otoscope.alignment.word import Word
from otoscope.corpus.labels import Interval
from otoscope.corpus.time_files import IntervalTier, ctm, text_grid

MAX_CUE_CHARACTERS = 42
PAUSE_SECONDS = 0.6
"""A longer pause ends a subtitle."""


def text_grid_words(words: Sequence[Word], seconds: float, name: str) -> str:
    """Return a TextGrid with one tier of words; pauses are empty intervals."""
    return text_grid([IntervalTier("words", [_interval(word) for word in words])], seconds)


def ctm_words(words: Sequence[Word], seconds: float, name: str) -> str:
    """Return one line for each word: recording, channel, start, duration, word, confidence."""
    return ctm(name, [(_interval(word), word.confidence) for word in words])


def json_words(words: Sequence[Word], seconds: float, name: str) -> str:
    """Return name, duration and words as JSON."""
    return json.dumps({"name": name, "duration": seconds, "words": [asdict(word) for word in words]}, indent=1) + "\n"


def srt(words: Sequence[Word], seconds: float, name: str) -> str:
    """Return subtitles in the SubRip format.

    Examples:
        >>> srt([Word("oh", 0.5, 1.0, 0.9)], 1.0, "a")
        '1\\n00:00:00,500 --> 00:00:01,000\\noh\\n'
    """
    return "\n".join(
        f"{number}\n{_clock(cue[0].start, ',')} --> {_clock(cue[-1].end, ',')}\n{_text(cue)}\n"
        for number, cue in enumerate(cues(words), start=1)
    )


def vtt(words: Sequence[Word], seconds: float, name: str) -> str:
    """Return subtitles in the WebVTT format."""
    blocks = (f"{_clock(cue[0].start, '.')} --> {_clock(cue[-1].end, '.')}\n{_text(cue)}\n" for cue in cues(words))
    return "\n".join(["WEBVTT\n", *blocks])


def cues(words: Sequence[Word]) -> list[list[Word]]:
    """Return words in subtitles of one line: a pause, or 42 characters, begins the next."""
    groups: list[list[Word]] = []
    for word in words:
        group = groups[-1] if groups else []
        if not group or word.start - group[-1].end > PAUSE_SECONDS or len(_text([*group, word])) > MAX_CUE_CHARACTERS:
            groups.append([word])
        else:
            group.append(word)
    return groups


def _interval(word: Word) -> Interval:
    return Interval(word.text, word.start, word.end)


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(1000 * seconds)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"


WORD_FORMATS: Mapping[str, tuple[str, Callable[[Sequence[Word], float, str], str]]] = {
    "textgrid": (".TextGrid", text_grid_words),
    "ctm": (".ctm", ctm_words),
    "json": (".json", json_words),
    "srt": (".srt", srt),
    "vtt": (".vtt", vtt),
}
"""Name, suffix and writer of each format."""
