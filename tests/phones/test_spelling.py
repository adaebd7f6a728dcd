"""One sign in several spellings is one phone."""

import unicodedata

import pytest

from otoscope.phones import fold_phones
from otoscope.phones.spelling import plain_arpabet, plain_ipa


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("marked", ["ç", "çː", "çʰ", "ç:"])
def test_c_with_cedilla_is_hh_in_every_spelling(marked: str, form: str) -> None:
    assert fold_phones([unicodedata.normalize(form, marked)], to="39").symbols == ("hh",)


@pytest.mark.parametrize(
    ("symbol", "phone"),
    [
        ("ɾ\u0303", "n"),
        ("ɾ̪\u0303", "n"),
        ("ɾ", "dx"),
        ("ə˞", "er"),
        ("ɜ˞ː", "er"),
        ("ʧ", "ch"),
        ("ʤ", "jh"),
        ("t͡ʃʰ", "ch"),
        ("d͜ʒ", "jh"),
        ("ɑ:", "aa"),
        ("n̩", "n"),
        ("t̚", "t"),
        ("ˈæ", "ae"),
        ("c", "k"),
    ],
)
def test_marks_and_ligatures_fold_to_the_phone(symbol: str, phone: str) -> None:
    assert fold_phones(["ð", symbol], to="39").symbols[1] == phone


def test_what_no_letter_precedes_is_not_lost() -> None:
    assert plain_ipa(" t ") == "t"
    assert plain_arpabet(" AH0_B ") == "ah"
    assert plain_arpabet("AH9") == "AH9"
