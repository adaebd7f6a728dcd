"""The interval tiers of one Praat TextGrid, in every text form that Praat reads.

To Praat, a text file is one sequence of free-standing numbers, quoted strings and flags in angle brackets. All else,
such as `xmin =` or what follows a free-standing `!` in a line, is there for people. A TextGrid holds file type, class,
start, end, a flag and the number of tiers; then for each tier its class, name, start, end and number of entries, and
the entries. Source: the manual of Praat, "TextGrid file formats".
"""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from otoscope.corpus.labels import Interval
from otoscope.errors import InputError

TOKEN = re.compile(
    r'"(?P<string>(?:[^"]|"")*)"(?=\s|\Z)|(?P<comment>![^\r\n]*)|<(?P<flag>\S+?)>(?=\s|\Z)|(?P<word>\S+)'
)
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
INTERVALS, POINTS = "IntervalTier", "TextTier"
MAX_ENTRIES = 10_000_000
"""A count above it is a damaged number."""


@dataclass(frozen=True)
class Tier:
    """One tier of intervals; those without a label are skipped.

    Attributes:
        name: name of the tier, which may be empty or belong to several tiers.
        intervals: labels in seconds, in the order of the file.
    """

    name: str
    intervals: list[Interval]


@dataclass(frozen=True)
class Grid:
    """A TextGrid: start and end in seconds, and its tiers of intervals."""

    start: float
    end: float
    tiers: list[Tier]


class _Values:
    """The values of a TextGrid, taken one after the other."""

    def __init__(self, text: str) -> None:
        self._values = _values(text)

    def string(self, what: str) -> str:
        value = self._next(what)
        if not isinstance(value, str):
            raise InputError(f"expected {what} in quotes, found {value:g}")
        return value

    def number(self, what: str) -> float:
        value = self._next(what)
        if isinstance(value, str):
            raise InputError(f"expected a number as {what}, found '{value}'")
        return value

    def count(self, what: str) -> int:
        value = self.number(what)
        if not 0 <= value <= MAX_ENTRIES or value != int(value):
            raise InputError(f"expected a whole number as {what}, found {value:g}")
        return int(value)

    def check_end(self) -> None:
        if (value := next(self._values, None)) is not None:
            raise InputError(f"expected the end of the file after the tiers that it announces, found '{value}'")

    def _next(self, what: str) -> str | float:
        value = next(self._values, None)
        if value is None:
            raise InputError(f"expected {what}, but the file breaks off")
        return value


def read_grid(file: Path) -> Grid:
    """Read a TextGrid in UTF-8, UTF-16 or, as Praat reads other bytes, Latin-1.

    Raises:
        InputError: the file is no TextGrid, or breaks off.
    """
    try:
        return parse_grid(decode(file.read_bytes()))
    except InputError as error:
        raise InputError(f"{file}: {error}; save the TextGrid again from Praat") from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read ({error.strerror}); replace or remove the file") from None


def decode(content: bytes) -> str:
    """Return the text of a TextGrid.

    >>> decode("é".encode("utf-16")), decode("é".encode("utf-16-be")), decode("é".encode("latin-1"))
    ('é', 'é', 'é')
    """
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", errors="replace")
    if content[:1] == b"\0":
        return content.decode("utf-16-be", errors="replace")
    if content[1:2] == b"\0":
        return content.decode("utf-16-le", errors="replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def parse_grid(text: str) -> Grid:
    """Return the tiers of intervals of a TextGrid; tiers of points are read and skipped.

    Raises:
        InputError: a value is missing, of another type, or one too many.

    >>> parse_grid('"ooTextFile" "TextGrid" 0 1 <exists> 1 "IntervalTier" "phones" 0 1 1 1e-1 5e-1 "a"').tiers
    [Tier(name='phones', intervals=[Interval(symbol='a', start=0.1, end=0.5)])]
    """
    values = _Values(text)
    if (kind := values.string("the file type")) not in ("ooTextFile", "ooTextFile short"):
        raise InputError(f"expected the text file of Praat, found the type '{kind}'")
    if (kind := values.string("the class")) != "TextGrid":
        raise InputError(f"expected a TextGrid, found a '{kind}'")
    start, end = values.number("the start"), values.number("the end")
    tiers = [_tier(values, number + 1) for number in range(values.count("the number of tiers"))]
    values.check_end()
    return Grid(start, end, [tier for tier in tiers if tier is not None])


def _tier(values: _Values, number: int) -> Tier | None:
    kind, name = values.string(f"the class of tier {number}"), values.string(f"the name of tier {number}")
    if kind not in (INTERVALS, POINTS):
        raise InputError(f"expected {INTERVALS} or {POINTS} as the class of tier {number}, found '{kind}'")
    values.number(f"the start of tier {number}")
    values.number(f"the end of tier {number}")
    entries = range(values.count(f"the number of entries of tier {number}"))
    if kind == POINTS:
        for _ in entries:
            values.number(f"the time of a point of tier {number}")
            values.string(f"the mark of a point of tier {number}")
        return None
    intervals = [_interval(values, f"interval {entry + 1} of tier {number}") for entry in entries]
    return Tier(name, [interval for interval in intervals if interval.symbol])


def _interval(values: _Values, what: str) -> Interval:
    start, end = values.number(f"the start of {what}"), values.number(f"the end of {what}")
    return Interval(values.string(f"the label of {what}").strip(), start, end)


def _values(text: str) -> Iterator[str | float]:
    """Yield the free-standing numbers and quoted strings."""
    for token in TOKEN.finditer(text):
        if token["string"] is not None:
            yield token["string"].replace('""', '"')
        elif token["word"] is not None and NUMBER.fullmatch(token["word"]):
            yield float(token["word"])
