"""TIMIT layout: `.phn` and `.wrd` in samples and `.txt` next to the audio, the speaker as folder; `spkrinfo.txt`."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path

from otoscope.corpus.file_index import FileIndex, read_lines
from otoscope.corpus.formats import CorpusFormat, Layout
from otoscope.corpus.labels import Interval
from otoscope.corpus.utterance import Annotation, Utterance

SUFFIXES = (".phn", ".wrd", ".txt")
SPEAKER_TABLE = "spkrinfo.txt"
SPEAKER_FOLDER = re.compile(r"(?:^|/)(?P<dialect>dr[1-8])[-/](?P<speaker>(?P<gender>[fm])[a-z]{3}\d)$")


def timit(listing: FileIndex) -> Iterator[Utterance]:
    """Yield one utterance per audio file, with the phones, words and text next to it."""
    table = listing.table(SPEAKER_TABLE)
    ages = speaker_ages(table) if table else {}
    for audio in listing.audio:
        phn, wrd, txt = (listing.label_file(audio, suffix) for suffix in SUFFIXES)
        speaker = audio.absolute().parent.name
        yield Utterance(
            listing.id(audio),
            audio,
            speaker,
            annotation=partial(_annotation, phn, wrd, txt),
            metadata=speaker_metadata(audio.absolute().parent, ages),
        )


def speaker_metadata(folder: Path, ages: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return gender and dialect from the folder of a TIMIT speaker, `DR1/FCJF0` or `dr1-fcjf0`, with the age if known.

    The first letter of a speaker is the gender, the number of DR the region of the dialect. Nothing of other folders.

    >>> speaker_metadata(Path("TRAIN/DR1/FCJF0"), {"fcjf0": "31"}), speaker_metadata(Path("speech/mark1"))
    ({'gender': 'f', 'dialect': 'dr1', 'age': '31'}, {})
    """
    match = SPEAKER_FOLDER.search(folder.as_posix().lower())
    if not match:
        return {}
    speaker = match["speaker"]
    age = {"age": ages[speaker]} if ages and speaker in ages else {}
    return {"gender": match["gender"], "dialect": match["dialect"], **age}


def speaker_ages(table: Path) -> dict[str, str]:
    """Return the age in years at the recording of each speaker, `fcjf0`, from TIMIT's `spkrinfo.txt`.

    Lines are `CJF0 F 1 TRN recorded born ...`, with dates `month/day/year` of the 20th century. Speakers with an
    unknown date are absent.
    """
    ages = {}
    for line in read_lines(table):
        fields = line.split()
        if not line.startswith(";") and len(fields) >= 6 and (age := _years(fields[5], fields[4])) is not None:
            ages[f"{fields[1]}{fields[0]}".lower()] = str(age)
    return ages


def _years(birth: str, recording: str) -> int | None:
    """Return the whole years between two dates `02/18/62`, or None if one is no date.

    >>> _years("02/18/62", "01/30/86"), _years("??/??/??", "01/30/86")
    (23, None)
    """
    try:
        born, recorded = (datetime.strptime(f"{date[:-2]}19{date[-2:]}", "%m/%d/%Y") for date in (birth, recording))
    except ValueError:
        return None
    return recorded.year - born.year - ((recorded.month, recorded.day) < (born.month, born.day))


def is_timit(listing: FileIndex) -> bool:
    """Return whether some audio has TIMIT's phones or words."""
    return any(listing.label_file(audio, suffix) for audio in listing.audio for suffix in (".phn", ".wrd"))


def _annotation(phn: Path | None, wrd: Path | None, txt: Path | None, sampling_rate: int) -> Annotation:
    problems: list[str] = []
    phones, words = (read_intervals(file, sampling_rate, problems) if file else [] for file in (phn, wrd))
    return Annotation(_text(txt) if txt else None, phones, words, problems=problems, spans_audio=True)


def read_intervals(file: Path, sampling_rate: int, problems: list[str]) -> list[Interval]:
    """Return the lines `first_sample end_sample symbol` of a `.phn` or `.wrd` file as intervals in seconds.

    A line of another form is skipped, and added to `problems`; so is a file without lines.
    """
    if not (lines := read_lines(file)):
        problems.append(f"{file}: expected labels, found an empty file")
    intervals = (_interval(line, sampling_rate, file, problems) for line in lines)
    return [interval for interval in intervals if interval]


def _interval(line: str, sampling_rate: int, file: Path, problems: list[str]) -> Interval | None:
    try:
        start, end, symbol = line.split(maxsplit=2)
        return Interval(symbol, int(start) / sampling_rate, int(end) / sampling_rate)
    except (ValueError, OverflowError):
        problems.append(f"{file}: expected lines 'first_sample end_sample symbol', found '{line[:40]}'")
        return None


def _text(file: Path) -> str:
    words = " ".join(read_lines(file)).split()
    return " ".join(words[2:] if all(word.isdigit() for word in words[:2]) else words)


FORMAT = CorpusFormat(
    Layout.LABELS,
    lambda query: is_timit(query.files),
    lambda query: timit(query.files),
    reads=lambda file: file.suffix.lower() in SUFFIXES,
    tables=frozenset({SPEAKER_TABLE, "timitdic.txt"}),
)
