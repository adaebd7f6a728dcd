"""Syllables from phones by sonority: each has one vowel or syllabic consonant, and starts at the least sonorous consonant.

Sonority rises from the start of a syllable to its nucleus and falls after it. So between two nuclei the next syllable
starts at the consonant of least sonority; of several, at the last one. Sources: Clements, The role of the sonority
cycle in core syllabification, 1990; order of the classes as in Parker, Quantifying the sonority hierarchy, 2002.
"""  # noqa: E501

from collections.abc import Sequence
from itertools import groupby, pairwise

from otoscope.errors import InputError
from otoscope.phones.closures import CLOSURES, join_closures
from otoscope.phones.markers import marker_name
from otoscope.phones.phone_sets import fold_phones, phone_info

PhoneSpan = tuple[str, float, float]
"""Symbol, start and end in seconds."""
SONORITY = {"stop": 1, "affricate": 1, "fricative": 2, "nasal": 3, "liquid": 4, "glide": 5, "vowel": 6}
NUCLEUS = SONORITY["vowel"]
SYLLABIC_CONSONANTS = frozenset({"el", "em", "en", "eng"})
SYLLABIC_MARK = "\u0329"
"""Combining sign of the IPA below a syllabic consonant."""


def syllables(phones: Sequence[PhoneSpan]) -> list[PhoneSpan]:
    """Return the syllables of an utterance; silence, noise and unknown words are in none.

    Args:
        phones: symbol, start and end of each phone, in order of time.

    Returns:
        The phones of each syllable with `.` between them, its start and its end.

    Raises:
        InputError: a symbol has no class.

    Examples:
        >>> phones = [("h#", 0.0, 0.1), ("ae", 0.1, 0.2), ("kcl", 0.2, 0.25), ("k", 0.25, 0.3), ("s", 0.3, 0.4)]
        >>> syllables([*phones, ("tcl", 0.4, 0.45), ("t", 0.45, 0.5), ("r", 0.5, 0.55), ("ax", 0.55, 0.7)])
        [('ae.k.s', 0.1, 0.4), ('t.r.ax', 0.4, 0.7)]
    """
    spans = []
    for is_marker, group in groupby(join_closures(phones), key=lambda phone: marker_name(phone[0]) is not None):
        stretch = list(group)
        if not is_marker:
            starts = [0, *_starts(_sonorities([symbol for symbol, _, _ in stretch])), len(stretch)]
            spans += [_joined(stretch[start:end]) for start, end in pairwise(starts)]
    return spans


def _joined(phones: Sequence[PhoneSpan]) -> PhoneSpan:
    return ".".join(symbol for symbol, _, _ in phones), phones[0][1], phones[-1][2]


def _starts(sonorities: Sequence[int]) -> list[int]:
    """Return the place of the first phone of each syllable but the first."""
    nuclei = [place for place, sonority in enumerate(sonorities) if sonority == NUCLEUS]
    return [_least_sonorous(sonorities, before + 1, after) for before, after in pairwise(nuclei)]


def _least_sonorous(sonorities: Sequence[int], start: int, stop: int) -> int:
    """Return the last place of the lowest sonority from `start` to before `stop`; `stop` if there is none."""
    return min(range(start, stop), key=lambda place: (sonorities[place], -place), default=stop)


def _sonorities(symbols: Sequence[str]) -> list[int]:
    folded = fold_phones(symbols, to="39").symbols
    return [_sonority(symbol, phone) for symbol, phone in zip(symbols, folded, strict=True)]


def _sonority(symbol: str, phone: str) -> int:
    if symbol.lower() in SYLLABIC_CONSONANTS or SYLLABIC_MARK in symbol:
        return NUCLEUS
    if symbol in CLOSURES.values():  # a stop without a release
        return SONORITY["stop"]
    info = phone_info(phone)
    if info is None or info.category not in SONORITY:
        raise InputError(
            f"expected phones with a class, to form syllables, found {symbol!r}; use --level phone or word"
        )
    return SONORITY[info.category]
