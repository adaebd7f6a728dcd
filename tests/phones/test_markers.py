"""Silence, unknown words and noise are three things, in every phone set."""

import pytest

from otoscope.phones import fold_phones, is_silence, marker_name

SPELLINGS = {
    "sil": [
        "",
        "sil",
        "SIL",
        "sp",
        "pau",
        "pause",
        "h#",
        "#",
        "_",
        "<p:>",
        "<p>",
        "<sil>",
        "[SIL]",
        "{SIL}",
        "<eps>",
        "(..)",
    ],
    "spn": ["spn", "SPN", "spn_S", "<unk>", "[UNK]", "<usb>", "UNKNOWN"],
    "nsn": ["nsn", "NSN_S", "<noise>", "[NOISE]", "+NOISE+", "++BREATH++", "<nib>", "VOCNOISE", "[laughter]", "LAUGH"],
}


@pytest.mark.parametrize(("name", "symbol"), [(name, each) for name, symbols in SPELLINGS.items() for each in symbols])
def test_each_marker_is_itself_in_every_set(name: str, symbol: str) -> None:
    assert marker_name(symbol) == name
    assert is_silence(symbol) == (name == "sil")
    for others, to in ([["h#", "ix"], "auto"], [["AH0", "T"], "39"], [["a", "y"], "own"]):
        folded = fold_phones([*others, symbol], to=to)
        assert folded.symbols[-1] == name
        assert symbol not in folded.unknown


@pytest.mark.parametrize("symbol", ["s", "p", "b", "[b]", "[s]", "[p]", "/p/", "AH0_S", "ns", "?", "N", "cl"])
def test_phones_and_unknown_symbols_are_no_markers(symbol: str) -> None:
    assert marker_name(symbol) is None
