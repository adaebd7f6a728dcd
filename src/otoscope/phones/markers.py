"""Labels that are not phones: silence, unknown words and noise. The table and its sources are `markers.csv`."""

import re
from functools import cache
from typing import Literal

from otoscope.phones.tables import table_rows

Marker = Literal["sil", "spn", "nsn"]
"""Silence or a pause; an unknown word, which is speech; noise."""

_PLACE_IN_WORD = re.compile(r"(.*?)(?:_[BIES])?")  # as Kaldi writes it
_BRACKETS = re.compile(r"(?:<(.*)>|\[(.*)\]|\{(.*)\}|\((.*)\)|\+{1,2}(.*?)\+{1,2})")


def marker_name(symbol: str) -> Marker | None:
    """Return `sil`, `spn` or `nsn` for a label that is not a phone, in any phone set; None for any other.

    >>> [marker_name(symbol) for symbol in ("", "SIL_S", "<p:>", "spn", "[NOISE]", "s")]
    ['sil', 'sil', 'sil', 'spn', 'nsn', None]
    """
    match = _PLACE_IN_WORD.fullmatch(symbol.strip())
    text = match[1].lower() if match else symbol
    if not text:
        return "sil"
    content = _BRACKETS.fullmatch(text)
    if content is None:
        return _spellings()["anywhere"].get(text)
    places = ("anywhere", "brackets", "angle") if text.startswith("<") else ("anywhere", "brackets")
    inner = next(group for group in content.groups() if group is not None).strip()
    return next((_spellings()[place][inner] for place in places if inner in _spellings()[place]), None)


def is_silence(symbol: str) -> bool:
    """Return whether a symbol denotes silence or a pause in any phone set; noise and unknown words are not silence.

    >>> is_silence("<eps>"), is_silence("SIL_S"), is_silence("spn")
    (True, True, False)
    """
    return marker_name(symbol) == "sil"


@cache
def _spellings() -> dict[str, dict[str, Marker]]:
    """Return the markers by spelling, for each place where a spelling means a marker."""
    spellings: dict[str, dict[str, Marker]] = {}
    names: dict[str, Marker] = {"sil": "sil", "spn": "spn", "nsn": "nsn"}
    for name, where, symbols in table_rows("markers.csv"):
        spellings.setdefault(where, {}).update(dict.fromkeys(symbols.split(), names[name]))
    return spellings
