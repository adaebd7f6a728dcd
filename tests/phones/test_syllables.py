"""Syllables follow sonority: one nucleus each, and the least sonorous consonant begins the next."""

import pytest

from otoscope.errors import InputError
from otoscope.phones.syllables import syllables


def divided(text):
    phones = [(symbol, place / 10, (place + 1) / 10) for place, symbol in enumerate(text.split())]
    return [symbol for symbol, _, _ in syllables(phones)]


@pytest.mark.parametrize(
    ("phones", "parts"),
    [
        ("b ah t er", ["b.ah", "t.er"]),
        ("eh k s t r ah", ["eh.k.s", "t.r.ah"]),
        ("w ih n t er", ["w.ih.n", "t.er"]),
        ("k ey aa s", ["k.ey", "aa.s"]),
        ("s tcl t aa pcl p", ["s.t.aa.p"]),
        ("b ah tcl en", ["b.ah", "tcl.en"]),
        ("h# m m h# aa h#", ["m.m", "aa"]),
        ("s AH0 N SIL IY1", ["s.AH0.N", "IY1"]),
        ("b ʌ t n̩", ["b.ʌ", "t.n̩"]),
        ("h#", []),
    ],
)
def test_a_syllable_starts_at_the_least_sonorous_consonant(phones, parts):
    assert divided(phones) == parts


def test_times_are_those_of_the_first_and_last_phone():
    assert syllables([("tcl", 0.1, 0.2), ("t", 0.2, 0.3), ("iy", 0.3, 0.5)]) == [("t.iy", 0.1, 0.5)]


def test_a_phone_without_a_class_is_refused():
    with pytest.raises(InputError, match=r"expected phones with a class, to form syllables, found '17'"):
        divided("aa 17 iy")
