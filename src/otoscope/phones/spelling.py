"""One spelling for each sign of a phone set: without stress, length, and marks that make no other phone."""

import re
import unicodedata
from collections.abc import Callable, Mapping

_ARPABET = re.compile(r"([A-Za-z]+)[0-2]?(?:_[BIES])?")  # AH0, AH0_B: stress, and Kaldi's place in the word
_CLUSTER = re.compile(r"(.)([\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff]*)", re.DOTALL)

LIGATURES = str.maketrans({"ʧ": "tʃ", "ʤ": "dʒ", "ʦ": "ts", "ʣ": "dz", "ʨ": "tɕ", "ʥ": "dʑ"})
"""Affricates that Unicode has as one letter."""

OTHER_PHONES = {("c", "\u0327"): "ç", ("ɾ", "\u0303"): "n"}
"""Letters whose mark makes another phone: c with cedilla, and the nasal flap, TIMIT's nx."""

RHOTIC = (("ə˞", "ɚ"), ("ɜ˞", "ɝ"))
MODIFIERS = frozenset("ːˑˈˌʰʷʲˠˤ˞ʼ:ⁿˡ")
"""Length, stress, aspiration and other secondary articulations; the ASCII colon is a common spelling of length."""


def plain_ipa(symbol: str) -> str:
    """Return an IPA symbol without length, stress, aspiration, ties, and marks above, below or through a letter.

    Composed and decomposed spellings give the same sign.

    >>> [plain_ipa(symbol) for symbol in ("tʰ", "ɑ:", "t͡ʃ", "c\u0327ː", "ɾ\u0303", "ʧ")]
    ['t', 'ɑ', 'tʃ', 'ç', 'n', 'tʃ']
    """
    letters = unicodedata.normalize("NFD", symbol.strip()).translate(LIGATURES)
    for hooked, letter in RHOTIC:
        letters = letters.replace(hooked, letter)
    return "".join(_letter(base, marks) for base, marks in _CLUSTER.findall(letters) if base not in MODIFIERS)


def plain_arpabet(symbol: str) -> str:
    """Return an ARPAbet symbol in lower case, without stress and place in the word.

    >>> plain_arpabet("AH0_B")
    'ah'
    """
    match = _ARPABET.fullmatch(symbol.strip())
    return match[1].lower() if match else symbol


def _letter(base: str, marks: str) -> str:
    return next((OTHER_PHONES[base, mark] for mark in marks if (base, mark) in OTHER_PHONES), base)


PLAIN_SPELLING: Mapping[str, Callable[[str], str]] = {"timit": str.strip, "arpabet": plain_arpabet, "ipa": plain_ipa}
"""The spelling under which the tables list a symbol, by phone set."""
