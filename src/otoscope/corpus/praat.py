"""The interval tiers of one Praat TextGrid, read by praatio and checked to be whole.

Praat's text formats, long and short, are one sequence of free-standing numbers and quoted strings: file type, class,
start, end and number of tiers; then for each tier its class, name, start, end and number of entries, and the entries.
A file that breaks off has fewer of them than it announces, which praatio does not notice.
"""

import codecs
import re
from pathlib import Path

from praatio.textgrid import IntervalTier, Textgrid, openTextgrid
from praatio.utilities.errors import TextgridException

from otoscope.corpus.labels import Interval
from otoscope.errors import InputError

VALUE = re.compile(r'"(?:[^"]|"")*"|(?<!\S)[-+.\d][^\s"]*(?!\S)')
FIELDS_OF_ENTRY = {'"IntervalTier"': 3, '"TextTier"': 2}


def read_tiers(file: Path) -> dict[str, list[Interval]]:
    """The interval tiers by name, in seconds; intervals without a label are gaps.

    Raises `InputError` where the file is no TextGrid or breaks off, or where intervals overlap or have no length.
    """
    return {
        tier.name: [Interval(entry.label, entry.start, entry.end) for entry in tier.entries]
        for tier in _open(file).tiers
        if isinstance(tier, IntervalTier)
    }


def _open(file: Path) -> Textgrid:
    try:
        whole = is_whole(_text(file))
        grid = openTextgrid(str(file), includeEmptyIntervals=False, reportingMode="silence")
    except TextgridException as error:
        raise InputError(f"{file}: {error}; correct the labels") from None
    except Exception:  # a parser fails in as many ways as a text can be broken
        raise InputError(
            f"{file}: expected a Praat TextGrid in long or short form, but it cannot be read; save it again"
        ) from None
    if not whole:
        raise InputError(
            f"{file}: expected the intervals that the TextGrid announces, but it breaks off; save it again"
        )
    return grid


def _text(file: Path) -> str:
    content = file.read_bytes()
    utf16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return content.decode("utf-16" if utf16 else "utf-8-sig")


def is_whole(grid: str) -> bool:
    """Whether a TextGrid holds all tiers and entries that it announces.

    >>> one_tier = '"ooTextFile" "TextGrid" 0 1 <exists> 1 "IntervalTier" "phones" 0 1 1 0 1 "a"'
    >>> is_whole(one_tier), is_whole(one_tier.removesuffix('"a"'))
    (True, False)
    """
    values = VALUE.findall(grid)
    if len(values) < 5:
        return False
    place = 5
    for _ in range(int(values[4])):
        if place + 4 >= len(values):
            return False
        place += 5 + FIELDS_OF_ENTRY[values[place]] * int(values[place + 4])
    return place <= len(values)
