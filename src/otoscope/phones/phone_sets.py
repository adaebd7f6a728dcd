"""Phone sets: which one a corpus is labelled with, its symbols folded to 39 phones, and the classes of these.

The tables and their sources are `folding.csv`, `evidence.csv` and `classes.csv`.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from functools import cache
from typing import NamedTuple

from otoscope.errors import InputError
from otoscope.phones.markers import marker_name
from otoscope.phones.phone_table import FOLDINGS, Folding
from otoscope.phones.spelling import PLAIN_SPELLING
from otoscope.phones.tables import table_rows

KNOWN_SHARE = 0.8
"""Share of a corpus's different symbols that a phone set must know for the corpus to be in it."""

LEAST_ENGLISH = {"timit": 1, "arpabet": 1, "ipa": 3}
"""Different phones of `evidence.csv` that a corpus must have to be English: other languages share most signs."""

MOST_FOREIGN = {"timit": 0, "arpabet": 0, "ipa": 1}
"""Foreign signs of `evidence.csv` that an English corpus may have, such as the last sound of "loch"."""

OWN_SUFFIX = "_own"
"""Ends the name of a symbol that would otherwise have the name of another phone among the 39."""


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


def fold_phones(symbols: Iterable[str], to: Folding = "auto") -> Folded:
    """Fold a corpus's phone symbols; pass all of them at once, since the set is recognised from what is seen.

    Args:
        symbols: phone labels of TIMIT, ARPAbet (with or without stress), IPA, or any other set.
        to: `39` folds to the phones of Lee & Hon (1989), by the likeliest set; `own` keeps symbols as they come;
            `auto` is `39` where the corpus is in English and `own` where not; or the phone of each symbol.

    Silence, unknown words and noise become `sil`, `spn` and `nsn` in every set. A symbol without a phone among the 39
    is kept, and listed in `unknown`. So is TIMIT's glottal stop q, which Lee & Hon delete: its frames need a name.
    A kept symbol that would have the name of another phone ends in `_own`: IPA's y, a vowel, is not the
    glide y of ARPAbet.

    Raises:
        InputError: `to` is none of these, or has no phone for a symbol.

    Examples:
        >>> fold_phones(["h#", "sh", "ix", "tcl", "q"])
        Folded(symbols=('sil', 'sh', 'ih', 'sil', 'q'), unknown=('q',))
        >>> fold_phones(["SIL", "AH0", "ZH", "spn"]).symbols
        ('sil', 'ah', 'sh', 'spn')
        >>> fold_phones(["", "tʰ", "ɑː", "ʔ", "y"], to="39")
        Folded(symbols=('sil', 't', 'aa', 'ʔ', 'y_own'), unknown=('ʔ', 'y'))
        >>> fold_phones(["a:", "sil"], to={"a:": "a"}).symbols
        ('a', 'sil')
    """
    all_symbols = tuple(symbols)
    different = tuple(dict.fromkeys(all_symbols))
    unknown: tuple[str, ...] = ()
    if not isinstance(to, str):
        names = _by_table(different, to)
    elif to not in FOLDINGS:
        raise InputError(f"expected phones folded to 'auto', '39' or 'own', or a table, found '{to}'")
    elif to == "own" or (to == "auto" and detect_phone_set(different) == "other"):
        names = _own_names(different, _likeliest(different)[0])
    else:
        names, unknown = _the_39(different, _likeliest(different)[0])
    return Folded(tuple(names[symbol] for symbol in all_symbols), unknown)


def detect_phone_set(symbols: Iterable[str]) -> str:
    """Return the phone set of a corpus in English, `timit`, `arpabet` or `ipa`, or `other`.

    A set must know four in five of the different symbols, and the symbols must rule out other languages, which share
    most signs: see `evidence.csv`. Silence, unknown words and noise do not count. Of sets that know equally many, the
    first in this order is meant.

    Args:
        symbols: phone symbols of a corpus, all of them, in any order.

    Returns:
        The name of the set.

    Examples:
        >>> detect_phone_set(["h#", "sh", "ix"]), detect_phone_set(["AH0", "T"])
        ('timit', 'arpabet')
        >>> detect_phone_set(["ð", "ə", "ɹ", "æ", "t"]), detect_phone_set(["t", "a", "i"])
        ('ipa', 'other')
    """
    different = tuple(dict.fromkeys(symbols))
    name, share = _likeliest(different)
    return name if share >= KNOWN_SHARE and _is_english(different, name) else "other"


def phone_share(symbols: Iterable[str]) -> float:
    """Return the share of a corpus's different symbols that are phones of the likeliest set; markers do not count.

    Without any symbol but markers, the share is 0.

    >>> phone_share(["h#", "sh", "ix"]), phone_share(["the", "dog", "barks"])
    (1.0, 0.0)
    """
    return _likeliest(symbols)[1]


def phone_info(symbol: str) -> Phone | None:
    """Return class, voicing and place of a phone.

    Args:
        symbol: one of the 39 phones, q, spn or nsn.

    Returns:
        The phone, or None for any other symbol.

    Examples:
        >>> phone_info("z")
        Phone(symbol='z', category='fricative', voicing='voiced', place='alveolar')
    """
    return _classes().get(symbol)


def sort_phones(symbols: Iterable[str]) -> list[str]:
    """Different symbols as an axis shows them: silence, vowels, stops, fricatives, affricates, nasals, liquids, glides.

    Symbols of a recognised set that are not among the 39 follow the phone they fold to. Unknown words, noise, and
    symbols without a phone come last.

    Args:
        symbols: phone symbols of a corpus, in any order, repeated or not.

    Returns:
        Each symbol once.

    Examples:
        >>> sort_phones(["z", "iy", "sil", "??", "b", "z"])
        ['sil', 'iy', 'b', 'z', '??']
    """
    different = sorted(set(symbols))
    folded = fold_phones(different, to="39").symbols
    place = {symbol: position for position, symbol in enumerate(_classes())}
    rank = {symbol: place.get(phone, len(place)) for symbol, phone in zip(different, folded, strict=True)}
    return sorted(different, key=lambda symbol: (rank[symbol], symbol))


def _likeliest(symbols: Iterable[str]) -> tuple[str, float]:
    """Return the set that knows most of the different symbols, and the share that it knows."""
    spoken = [symbol for symbol in dict.fromkeys(symbols) if marker_name(symbol) is None]
    counts = {
        name: sum(plain(symbol) in _folding()[name] for symbol in spoken) for name, plain in PLAIN_SPELLING.items()
    }
    best = max(counts, key=counts.__getitem__)
    return best, counts[best] / len(spoken) if spoken else 0.0


def _is_english(symbols: Iterable[str], name: str) -> bool:
    spellings = {PLAIN_SPELLING[name](symbol) for symbol in symbols if marker_name(symbol) is None}
    rows = [(kind, set(signs.split())) for table, kind, signs in table_rows("evidence.csv") if table == name]
    english = sum(not spellings.isdisjoint(signs) for kind, signs in rows if kind == "english")
    foreign = sum(len(spellings & signs) for kind, signs in rows if kind == "foreign")
    return english >= LEAST_ENGLISH[name] and foreign <= MOST_FOREIGN[name]


def _by_table(symbols: Iterable[str], table: Mapping[str, str]) -> dict[str, str]:
    names = {symbol: table.get(_composed(symbol)) or marker_name(symbol) for symbol in symbols}
    if missing := [symbol for symbol, name in names.items() if name is None]:
        raise InputError(
            f"--phones: expected a phone for each symbol of the corpus, found none in the table for "
            f"{' '.join(missing)}; add them"
        )
    return {symbol: str(name) for symbol, name in names.items()}


def _the_39(symbols: Iterable[str], name: str) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the name of each symbol of a set, and the symbols without a phone among the 39."""
    phones = {symbol: _phone(symbol, name) for symbol in symbols}
    unknown = tuple(symbol for symbol, phone in phones.items() if phone is None)
    return {symbol: phone or _own_name(symbol, name) for symbol, phone in phones.items()}, unknown


def _own_names(symbols: Iterable[str], name: str) -> dict[str, str]:
    return {symbol: marker_name(symbol) or _own_name(symbol, name) for symbol in symbols}


def _own_name(symbol: str, name: str) -> str:
    """Return a symbol as it comes, with a suffix where another phone of the 39 has that name."""
    own, phone = _composed(symbol), _folding()[name].get(PLAIN_SPELLING[name](symbol))
    is_that_phone = phone == own or (phone == "" and name != "ipa")
    return own if own not in _classes() or is_that_phone else own + OWN_SUFFIX


def _phone(symbol: str, name: str) -> str | None:
    """Return the phone among the 39, or the marker, of a symbol of the named set."""
    return marker_name(symbol) or _folding()[name].get(PLAIN_SPELLING[name](symbol)) or None


def _composed(symbol: str) -> str:
    return unicodedata.normalize("NFC", symbol.strip())


@cache
def _classes() -> dict[str, Phone]:
    return {symbol: Phone(symbol, *rest) for symbol, *rest in table_rows("classes.csv")}


@cache
def _folding() -> dict[str, dict[str, str]]:
    table: dict[str, dict[str, str]] = {}
    for name, phone, symbols in table_rows("folding.csv"):
        table.setdefault(name, {}).update(dict.fromkeys(symbols.split(), phone))
    return table
