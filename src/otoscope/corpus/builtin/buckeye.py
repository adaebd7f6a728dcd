"""Buckeye: `.phones` and `.words` next to recordings of ten minutes, cut into utterances at pauses.

Pitt et al., Buckeye Corpus of Conversational Speech, second release, 2007. A label file has a header, a line with `#`,
and lines `end colour label`; a label starts where the one before it ends.

The utterances follow the rules of the benchmark of the Montreal Forced Aligner, which phone-metrics uses too: one ends
at a pause of more than 0.3 s (0.2 s after 10 s), keeps 0.2 s of the pause on each side, and has 0.5 s of speech at
least. Speech without phones (laughter, unknown words, names that are hidden) would be silence in the labels, so an
utterance with it is skipped. The pauses are those of the phones, so no patch of the labels is needed.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from otoscope.corpus.file_index import FileIndex
from otoscope.corpus.formats import CorpusFormat, Layout
from otoscope.corpus.labels import ROUNDING, Interval
from otoscope.corpus.utterance import Annotation, SkippedUtterance, Utterance
from otoscope.errors import InputError

PHONES, WORDS = ".phones", ".words"
SUFFIXES = (PHONES, WORDS, ".log", ".txt")
LINE = re.compile(r"\s*(?P<end>-?\d+(?:\.\d+)?)\s+\d+\s+(?P<label>.+?)\s*$")
PHONE = re.compile(r"[a-z]+")
PAUSES = frozenset({"SIL", "NOISE", "VOCNOISE"})
OTHERS = ("IVER", "B_TRANS", "E_TRANS", "B_THIRD_SPKR", "E_THIRD_SPKR")
"""Beginnings of labels for the interviewer, third speakers, and audio outside of the transcript."""
SPOKEN_TAG = re.compile(r"<(?:EXT|NOISE|VOCNOISE|HES|EXCL)-(?P<word>[^<>=?\s]+)>", re.IGNORECASE)
"""Tag with the word that was said: lengthened, with noise, or with hesitation."""
MAX_PAUSE, MAX_LATE_PAUSE, MARGIN = 0.3, 0.2, 0.2
"""Seconds of a pause within an utterance, the same after `LONG` seconds, and of the pauses around it."""
LONG, MIN_SPEECH = 10.0, 0.5
"""Seconds."""
GENDERS = "ffmffmfffmmfmfmfffmffmmmfffmmmfmmmmmfmfm"
"""Of the speakers s01 to s40."""


@dataclass(frozen=True)
class Stretch:
    """Phones without a long pause between them, with short pauses, and the labels of speech without phones."""

    labels: Sequence[Interval]
    untranscribed: Sequence[str]
    start: float
    end: float


def buckeye(listing: FileIndex) -> Iterator[Utterance | SkippedUtterance]:
    """Yield the utterances of every recording with a `.phones` file."""
    for audio in listing.audio:
        file = listing.label_file(audio, PHONES)
        if file is None:
            yield SkippedUtterance(listing.id(audio), f"expected {PHONES} next to {audio}, found none; add the file")
            continue
        words_file = listing.label_file(audio, WORDS)
        words = list(map(spoken_word, read_labels(words_file))) if words_file else []
        for stretch in stretches(read_labels(file)):
            yield _utterance(listing.id(audio), audio, stretch, [word for word in words if word])


def read_labels(file: Path) -> list[Interval]:
    """Return the labels of a file; those that end before they start, as a few of the corpus do, are skipped.

    Raises:
        InputError: the file has no line `#`, or a line of another form after it.
    """
    lines = re.split(r"[\r\n]+", file.read_text(encoding="latin-1"))
    ends = [place for place, line in enumerate(lines) if line.strip() == "#"]
    if not ends:
        raise InputError(f"{file}: expected a header that ends with a line '#', found none; replace the file")
    labels: list[Interval] = []
    time = 0.0
    for line in filter(str.strip, lines[ends[0] + 1 :]):
        match = LINE.match(line)
        if match is None and len(line.split()) > 2:
            raise InputError(
                f"{file}: expected lines 'end colour label', found '{line.strip()[:40]}'; correct the line"
            )
        if match is not None and float(match["end"]) > time:
            symbol = re.split(r"[;+]", match["label"])[0].strip()
            labels.append(Interval(symbol, time, float(match["end"])))
            time = float(match["end"])
    return labels


def stretches(labels: Sequence[Interval]) -> Iterator[Stretch]:
    """Yield the stretches of phones between long pauses, each with its margins."""
    open_labels: list[Interval] = []
    for label in labels:
        if _is_other(label) or (open_labels and _is_long_pause(label, open_labels)):
            yield from _closed(open_labels, after=None if _is_other(label) else label)
            open_labels = [] if _is_other(label) else [label]
        else:
            open_labels.append(label)
    yield from _closed(open_labels, after=None)


def _is_pause(label: Interval) -> bool:
    return label.symbol.upper() in PAUSES


def _is_other(label: Interval) -> bool:
    return label.symbol.strip("<>{}").upper().startswith(OTHERS)


def _is_long_pause(label: Interval, before: Sequence[Interval]) -> bool:
    is_late = label.start - before[0].start > LONG
    longest = MAX_LATE_PAUSE if is_late else MAX_PAUSE
    return _is_pause(label) and label.end - label.start > longest + ROUNDING


def _closed(labels: Sequence[Interval], after: Interval | None) -> Iterator[Stretch]:
    """Yield the stretch of labels without the pauses at its ends, but with their margins; nothing if it is short."""
    spoken = [place for place, label in enumerate(labels) if not _is_pause(label)]
    if not spoken:
        return
    first, last = spoken[0], spoken[-1]
    start, end = labels[first].start, labels[last].end
    if end - start < MIN_SPEECH:
        return
    following = labels[last + 1] if last + 1 < len(labels) else after
    inner = list(labels[first : last + 1])
    if first > 0:
        start = max(start - MARGIN, labels[first - 1].start)
        inner.insert(0, Interval(labels[first - 1].symbol, start, labels[first].start))
    if following is not None:
        end = min(end + MARGIN, following.end)
        inner.append(Interval(following.symbol, labels[last].end, end))
    untranscribed = [label.symbol for label in inner if not (_is_pause(label) or PHONE.fullmatch(label.symbol))]
    yield Stretch(inner, untranscribed, start, end)


def spoken_word(label: Interval) -> Interval | None:
    """Return a label of the words with the word that was said, or None for a pause and other tags.

    >>> [spoken_word(Interval(symbol, 0.0, 1.0)) for symbol in ("okay", "<SIL>", "<EXT-i>")]
    [Interval(symbol='okay', start=0.0, end=1.0), None, Interval(symbol='i', start=0.0, end=1.0)]
    """
    tag = SPOKEN_TAG.fullmatch(label.symbol)
    if tag:
        return label._replace(symbol=tag["word"].lower())
    return None if label.symbol.startswith(("<", "{")) or not label.symbol else label


def _utterance(
    recording: str, audio: Path, stretch: Stretch, words: Sequence[Interval]
) -> Utterance | SkippedUtterance:
    id = f"{recording}-{round(1000 * stretch.start):06d}"
    if stretch.untranscribed:
        names = " ".join(dict.fromkeys(stretch.untranscribed))
        return SkippedUtterance(id, f"expected phones, found speech without them ({names}); it is not used")
    inside = [word for word in words if stretch.start <= (word.start + word.end) / 2 < stretch.end]
    phones, spoken = (_shifted(labels, stretch) for labels in (stretch.labels, inside))
    speaker = audio.stem[:3].lower()
    annotation = partial(_annotation, Annotation(phones=phones, words=spoken))
    return Utterance(id, audio, speaker, annotation, (stretch.start, stretch.end), speaker_gender(speaker))


def _shifted(labels: Sequence[Interval], stretch: Stretch) -> list[Interval]:
    """Return labels in seconds from the start of the utterance."""
    return [
        Interval(
            symbol, round(max(start, stretch.start) - stretch.start, 8), round(min(end, stretch.end) - stretch.start, 8)
        )
        for symbol, start, end in labels
    ]


def speaker_gender(speaker: str) -> dict[str, str]:
    """Return the gender that the manual of the corpus states for a speaker.

    >>> speaker_gender("s03"), speaker_gender("anna")
    ({'gender': 'm'}, {})
    """
    is_speaker = re.fullmatch(r"s(0[1-9]|[123]\d|40)", speaker)
    return {"gender": GENDERS[int(speaker[1:]) - 1]} if is_speaker else {}


def _annotation(annotation: Annotation, sampling_rate: int) -> Annotation:
    return annotation


FORMAT = CorpusFormat(
    Layout.LABELS,
    lambda query: any(query.files.label_file(audio, PHONES) for audio in query.files.audio),
    lambda query: buckeye(query.files),
    reads=lambda file: file.suffix.lower() in SUFFIXES,
)
