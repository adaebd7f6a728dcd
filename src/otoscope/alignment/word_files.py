"""Words with times as files: TextGrid, CTM, JSON, SubRip and WebVTT."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict

from otoscope.alignment.aligner import Word

MAX_CUE_CHARACTERS = 42
PAUSE_SECONDS = 0.6
"""A longer pause ends a subtitle."""


def text_grid(words: Sequence[Word], seconds: float, name: str) -> str:
    """Return a TextGrid with one tier of words; pauses are empty intervals.

    Examples:
        >>> print(text_grid([Word("oh", 0.5, 1.0, 0.9)], 1.0, "a").splitlines()[-1].strip())
        text = "oh"
    """
    intervals: list[tuple[float, float, str]] = []
    time = 0.0
    for word in words:
        if word.start > time:
            intervals.append((time, word.start, ""))
        intervals.append((word.start, word.end, word.text))
        time = word.end
    if time < seconds or not intervals:
        intervals.append((time, seconds, ""))
    head = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0", f"xmax = {seconds:.6f}"]
    tier = ["    item [1]:", '        class = "IntervalTier"', '        name = "words"', "        xmin = 0"]
    size = [f"        xmax = {seconds:.6f}", f"        intervals: size = {len(intervals)}"]
    lines = [*head, "tiers? <exists>", "size = 1", "item []:", *tier, *size]
    for number, (start, end, text) in enumerate(intervals, start=1):
        quoted = text.replace('"', '""')
        lines += [f"        intervals [{number}]:", f"            xmin = {start:.6f}"]
        lines += [f"            xmax = {end:.6f}", f'            text = "{quoted}"']
    return "\n".join(lines) + "\n"


def ctm(words: Sequence[Word], seconds: float, name: str) -> str:
    """Return one line for each word: recording, channel, start, duration, word, confidence.

    Examples:
        >>> ctm([Word("oh", 0.5, 1.0, 0.9)], 1.0, "a")
        'a 1 0.500 0.500 oh 0.900\\n'
    """
    name = name.replace(" ", "_")
    return "".join(
        f"{name} 1 {word.start:.3f} {word.end - word.start:.3f} {word.text} {word.confidence:.3f}\n" for word in words
    )


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


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _clock(seconds: float, point: str) -> str:
    milliseconds = round(1000 * seconds)
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"


WORD_FORMATS: Mapping[str, tuple[str, Callable[[Sequence[Word], float, str], str]]] = {
    "textgrid": (".TextGrid", text_grid),
    "ctm": (".ctm", ctm),
    "json": (".json", json_words),
    "srt": (".srt", srt),
    "vtt": (".vtt", vtt),
}
"""Name, suffix and writer of each format."""
