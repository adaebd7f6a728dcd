"""Symbols fold as in the literature, for every spelling, and none disappears."""

import pytest

from otoscope.errors import InputError
from otoscope.phones import detect_phone_set, fold_phones, is_silence, phone_info, sort_phones
from otoscope.phones.phone_sets import Phone

TIMIT = """iy ih eh ey ae aa aw ay ah ao oy ow uh uw ux er ax ix axr ax-h jh ch b d g p t k dx s sh z zh f th v dh m n
ng em en eng nx hh hv el l r w y q bcl dcl gcl pcl tcl kcl h# pau epi""".split()
THE_39 = (
    """aa ae ah aw ay b ch d dh dx eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh sil t th uh uw v w y z""".split()
)
CMU = """AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH""".split()
ALIGNER_IPA = """aj aw b bʲ c cʰ cʷ d dʒ dʲ d̪ ej f fʲ h i iː j k kʰ kʷ l m mʲ m̩ n n̩ ow p pʰ pʲ pʷ s t tʃ tʰ tʲ tʷ t̪ v vʲ
w z æ ç ð ŋ ɐ ɑ ɑː ɒ ɒː ɔj ə əw ɚ ɛ ɝ ɟ ɟʷ ɡ ɡʷ ɪ ɫ ɫ̩ ɱ ɲ ɹ ɾ ɾ̃ ʃ ʉ ʉː ʊ ʎ ʒ θ spn sil""".split()
JAPANESE = "a i u e o k s sh t ch ts n h f m y r w g z j d b p N cl pau".split()
CLASSES = ["silence", "vowel", "stop", "fricative", "affricate", "nasal", "liquid", "glide"]


def test_timit_has_61_symbols_that_fold_to_39_and_the_glottal_stop_is_kept_and_reported():
    assert len(TIMIT) == 61
    folded = fold_phones(TIMIT)
    assert set(folded.symbols) == {*THE_39, "q"}
    assert folded.unknown == ("q",)


@pytest.mark.parametrize(
    ("phone", "symbols"),
    [
        ("aa", "aa ao"),
        ("ah", "ah ax ax-h"),
        ("er", "er axr"),
        ("hh", "hh hv"),
        ("ih", "ih ix"),
        ("l", "l el"),
        ("m", "m em"),
        ("n", "n en nx"),
        ("ng", "ng eng"),
        ("sh", "sh zh"),
        ("uw", "uw ux"),
        ("sil", "pcl tcl kcl bcl dcl gcl h# pau epi"),
    ],
)
def test_what_lee_and_hon_fold_together(phone, symbols):
    """Every other symbol of TIMIT folds to itself."""
    of = dict(zip(TIMIT, fold_phones(TIMIT).symbols, strict=True))
    assert [symbol for symbol in sorted(of) if of[symbol] == phone] == sorted(symbols.split())


@pytest.mark.parametrize("written", ["{}", "{}0", "{}1", "{}2", "{}1_B", "{}_S"])
def test_arpabet_folds_with_and_without_stress_and_place_in_the_word(written):
    folded = fold_phones([written.format(symbol) for symbol in CMU])
    same = {symbol: symbol.lower() for symbol in CMU} | {"AO": "aa", "ZH": "sh"}
    assert folded.symbols == tuple(same[symbol] for symbol in CMU)
    assert not folded.unknown


def test_ipa_of_an_aligner_folds_to_the_39_whole():
    assert detect_phone_set(ALIGNER_IPA) == "ipa"
    folded = fold_phones(ALIGNER_IPA)
    assert set(folded.symbols) == {*THE_39, "spn"}
    assert not folded.unknown


@pytest.mark.parametrize(
    ("symbol", "folded"), [("t͡ʃ", "ch"), ("ˈæ", "ae"), ("ɑ̃", "aa"), ("aɪ", "ay"), ("ɔː", "aa"), ("y", "y_own")]
)
def test_ipa_is_read_without_its_diacritics(symbol, folded):
    assert fold_phones([*ALIGNER_IPA, symbol]).symbols[-1] == folded


def test_the_same_letter_means_another_phone_in_another_set():
    """IPA's j is the y of ARPAbet, and neither set has the other's."""
    assert fold_phones([*ALIGNER_IPA, "j"]).symbols[-1] == "y"
    assert fold_phones([*CMU, "J"]).unknown == ("J",)


@pytest.mark.parametrize(
    "silence", ["", "SIL", "sil", "sp", "SIL_S", "pau", "h#", "<eps>", " ", "<p:>", "[SIL]", "pause"]
)
@pytest.mark.parametrize("others", [TIMIT, CMU, ALIGNER_IPA, JAPANESE])
def test_silence_is_one_symbol_however_it_is_written(silence, others):
    assert is_silence(silence)
    assert fold_phones([*others, silence]).symbols[-1] == "sil"


def test_another_language_stays_as_it_comes():
    assert detect_phone_set(JAPANESE) == "other"
    folded = fold_phones(JAPANESE)
    assert folded.symbols == (*JAPANESE[:-1], "sil")
    assert not folded.unknown


def test_asked_for_the_39_every_symbol_that_has_none_is_reported():
    folded = fold_phones(JAPANESE, to="39")
    assert folded.unknown == ("a", "i", "u", "e", "o", "ts", "h", "j", "cl")
    assert len(folded.symbols) == len(JAPANESE)


def test_own_symbols_are_kept_but_for_silence():
    assert fold_phones(["AO1", "sp", "ZH"], to="own").symbols == ("AO1", "sil", "ZH")


def test_folding_is_one_for_one_and_repeats_count_once():
    """A corpus that is nearly all pauses or nearly all noise is still in its set."""
    symbols = ["q"] * 9 + ["iy", "tcl", "t", "ix"] + ["h#"] * 9
    assert fold_phones(symbols) == (("q",) * 9 + ("iy", "sil", "t", "ih") + ("sil",) * 9, ("q",))
    assert fold_phones([]) == ((), ())


def test_a_wrong_target_is_refused():
    with pytest.raises(InputError, match="expected phones folded to 'auto', '39' or 'own', or a table, found '48'"):
        fold_phones(["aa"], to="48")


def test_every_phone_has_a_class_voicing_and_place():
    described = [phone_info(symbol) for symbol in [*THE_39, "q"]]
    assert {each.category for each in described} == set(CLASSES)
    assert {each.voicing for each in described} == {"voiced", "voiceless", "none"}
    assert all(each.place for each in described)
    assert phone_info("??") is None


@pytest.mark.parametrize(
    "expected",
    [
        Phone("sil", "silence", "none", "none"),
        Phone("iy", "vowel", "voiced", "front"),
        Phone("t", "stop", "voiceless", "alveolar"),
        Phone("hh", "fricative", "voiceless", "glottal"),
        Phone("jh", "affricate", "voiced", "postalveolar"),
        Phone("ng", "nasal", "voiced", "velar"),
        Phone("l", "liquid", "voiced", "alveolar"),
        Phone("y", "glide", "voiced", "palatal"),
    ],
    ids=lambda each: each.symbol,
)
def test_classes_by_hand(expected):
    assert phone_info(expected.symbol) == expected


def test_an_axis_goes_from_class_to_class_once():
    ordered = sort_phones(THE_39)
    assert sorted(ordered) == THE_39
    categories = [phone_info(symbol).category for symbol in ordered]
    assert list(dict.fromkeys(categories)) == CLASSES
    assert sorted(categories, key=CLASSES.index) == categories


def test_unfolded_symbols_stand_beside_the_phone_they_fold_to_and_unknown_ones_last():
    assert sort_phones([*CMU, "SIL", "??"])[:3] == ["SIL", "IY", "IH"]
    assert sort_phones([*CMU, "??"])[-1] == "??"
    ordered = sort_phones(TIMIT)
    assert abs(ordered.index("sh") - ordered.index("zh")) == 1


def test_the_phones_of_real_speech(corpora):
    files = sorted((corpora / "timit-sample").glob("*/*.phn"))
    symbols = [line.split()[2] for file in files for line in file.read_text().splitlines()]
    folded = fold_phones(symbols)
    assert detect_phone_set(symbols) == "timit"
    assert set(folded.symbols) == {*THE_39, "q"}
    assert folded.unknown == ("q",)
