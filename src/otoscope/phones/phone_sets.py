"""Phone sets: which one a corpus is labelled with, its symbols folded to 39 phones, and the classes of these.

The tables and their sources are `folding.csv` and `classes.csv`.
"""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from otoscope.errors import InputError

SILENCES = frozenset({"", "sil", "sp", "spn", "pau", "ssil", "h#", "epi", "<eps>", "<sil>"})
"""Silence, pauses and noise as aligners and corpora write them, in lower case; silence in every phone set."""

KNOWN_SHARE = 0.8
"""Share of a corpus's different symbols that a phone set must know for the corpus to be in it: other languages share
many signs with English and are not folded to its phones."""

_ARPABET = re.compile(r"([A-Za-z]+)[0-2]?(?:_[BIES])?")  # AH0, AH0_B: stress, and Kaldi's place in the word
_SILENCE = re.compile(r"(.*?)(?:_[BIES])?")
_TIE_OR_LENGTH = frozenset("ːˑˈˌʰʷʲˠˤ˞\u02bc")


class Phone(NamedTuple):
    """One phone: its class, voicing (`voiced`, `voiceless`, `none`) and place of articulation."""

    symbol: str
    category: str
    voicing: str
    place: str


class Folded(NamedTuple):
    """Symbols after folding, one for one, and which of them have no phone to fold to and stayed as they were."""

    symbols: tuple[str, ...]
    unknown: tuple[str, ...]


def fold_phones(symbols: Iterable[str], to: str = "auto") -> Folded:
    """Fold a corpus's phone symbols; pass all of them at once, since the set is recognised from what is seen.

    Args:
        symbols: phone labels of TIMIT, ARPAbet (with or without stress), IPA, or any other set.
        to: `39` folds to the phones of Lee & Hon (1989), by the likeliest set; `own` keeps symbols as they come, but
            for silence; `auto` is `39` where the set is recognised and `own` where it is not. Every way of writing
            silence becomes `sil`.

    A symbol without a phone among the 39 is kept, and listed in `unknown`. So is TIMIT's glottal stop q, which Lee &
    Hon delete: its frames have to be called something.

    Raises:
        InputError: `to` is none of the three.

    Examples:
        >>> fold_phones(["h#", "sh", "ix", "tcl", "q"])
        Folded(symbols=('sil', 'sh', 'ih', 'sil', 'q'), unknown=('q',))
        >>> fold_phones(["SIL", "AH0", "ZH", "SIL"]).symbols
        ('sil', 'ah', 'sh', 'sil')
        >>> fold_phones(["", "tʰ", "ɑː", "ʔ"])
        Folded(symbols=('sil', 't', 'aa', 'ʔ'), unknown=('ʔ',))
    """
    if to not in ("auto", "39", "own"):
        raise InputError(f"expected phones folded to 'auto', '39' or 'own', got '{to}'")
    given = tuple(symbols)
    if to == "own" or (to == "auto" and detect_phone_set(given) == "other"):
        return Folded(tuple("sil" if is_silence(symbol) else symbol for symbol in given), ())
    name, _ = _likeliest(given)
    table = {symbol: _folded(symbol, name) for symbol in dict.fromkeys(given)}
    unknown = tuple(symbol for symbol, phone in table.items() if phone is None)
    return Folded(tuple(table[symbol] or symbol for symbol in given), unknown)


def detect_phone_set(symbols: Iterable[str]) -> str:
    """Phone set of a corpus: `timit`, `arpabet`, `ipa`, or `other` where none knows four in five of its symbols.

    Different symbols are counted, silences are not. Of sets that know equally many, the first in this order is meant.

    >>> detect_phone_set(["h#", "sh", "ix"]), detect_phone_set(["AH0", "T"])
    ('timit', 'arpabet')
    >>> detect_phone_set(["tʃ", "i"]), detect_phone_set(["a1", "sil"])
    ('ipa', 'other')
    """
    name, share = _likeliest(symbols)
    return name if share >= KNOWN_SHARE else "other"


def is_silence(symbol: str) -> bool:
    """Return whether a symbol denotes silence, a pause or noise in any phone set.

    >>> is_silence("<eps>"), is_silence("SIL_S"), is_silence("s")
    (True, True, False)
    """
    match = _SILENCE.fullmatch(symbol.strip())
    return match is not None and match[1].lower() in SILENCES


def phone_info(symbol: str) -> Phone | None:
    """Class, voicing and place of one of the 39 phones or q; None for any other symbol.

    >>> phone_info("z")
    Phone(symbol='z', category='fricative', voicing='voiced', place='alveolar')
    """
    return _classes().get(symbol)


def sort_phones(symbols: Iterable[str]) -> list[str]:
    """Different symbols as an axis shows them: silence, vowels, stops, fricatives, affricates, nasals, liquids, glides.

    Symbols of a recognised set that are not among the 39 follow the phone they fold to; unknown ones come last.

    >>> sort_phones(["z", "iy", "sil", "??", "b", "z"])
    ['sil', 'iy', 'b', 'z', '??']
    """
    different = sorted(set(symbols))
    folded = fold_phones(different, to="39").symbols
    place = {symbol: position for position, symbol in enumerate(_classes())}
    rank = {symbol: place.get(phone, len(place)) for symbol, phone in zip(different, folded, strict=True)}
    return sorted(different, key=lambda symbol: (rank[symbol], symbol))


def _likeliest(symbols: Iterable[str]) -> tuple[str, float]:
    """The set that knows most of the different symbols, and the share that it knows."""
    seen = [symbol for symbol in dict.fromkeys(symbols) if not is_silence(symbol)]
    known = {name: sum(plain(symbol) in _folding()[name] for symbol in seen) for name, plain in _SPELLING.items()}
    best = max(known, key=known.__getitem__)
    return best, known[best] / len(seen) if seen else 0.0


def _folded(symbol: str, name: str) -> str | None:
    """The phone among the 39 of a symbol of the named set."""
    if is_silence(symbol):
        return "sil"
    return _folding()[name].get(_SPELLING[name](symbol)) or None


def _plain_arpabet(symbol: str) -> str:
    match = _ARPABET.fullmatch(symbol)
    return match[1].lower() if match else symbol


def _plain_ipa(symbol: str) -> str:
    """Without length, stress, aspiration, ties and all signs above, below or through a letter."""
    if symbol == "ç":
        return symbol
    letters = unicodedata.normalize("NFD", symbol)
    return "".join(c for c in letters if not unicodedata.combining(c) and c not in _TIE_OR_LENGTH)


_SPELLING: Mapping[str, Callable[[str], str]] = {"timit": str, "arpabet": _plain_arpabet, "ipa": _plain_ipa}


@cache
def _classes() -> dict[str, Phone]:
    return {symbol: Phone(symbol, *rest) for symbol, *rest in _rows("classes.csv")}


@cache
def _folding() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = {}
    for name, phone, symbols in _rows("folding.csv"):
        table.setdefault(name, {}).update(dict.fromkeys(symbols.split(), phone))
    return table


def _rows(name: str) -> Sequence[list[str]]:
    """Return the rows of a table of this package, without its header and source lines."""
    lines = files(__package__).joinpath(name).read_text(encoding="utf-8").splitlines()
    _, *rows = csv.reader(line for line in lines if not line.startswith("#"))
    return rows
