"""Only English is folded to the 39 phones; the symbols of other languages keep names of their own."""

import unicodedata

import pytest

from otoscope.phones import detect_phone_set, fold_phones, phone_info

ENGLISH = {
    "US": """aj aw b bʲ c cʰ cʷ d dʒ dʲ d̪ ej f fʲ h i iː j k kʰ kʷ l m mʲ m̩ n n̩ ow p pʰ pʲ pʷ s t tʃ tʰ tʲ
        tʷ t̪ v vʲ w z æ ç ð ŋ ɐ ɑ ɑː ɒ ɒː ɔj ə ɚ ɛ ɝ ɟ ɟʷ ɡ ɡʷ ɪ ɫ ɫ̩ ɱ ɲ ɹ ɾ ɾʲ ɾ̃ ʃ ʉ ʉː ʊ ʎ ʒ ʔ θ""",
    "UK": """a aj aw b bʲ c cʰ d dʒ dʲ d̪ e ej f fʲ h i iː j k kʰ l m m̩ n n̩ p pʰ s t tʃ tʰ t̪ v w z ç ð ŋ ɐ
        ɑ ɑː ɒ ɒː ɔj ə əw ɛ ɛː ɜ ɜː ɟ ɡ ɪ ɫ ɱ ɲ ɹ ʃ ʉ ʉː ʊ ʎ ʒ ʔ θ""",
    "India": """a aj aw aː b bʲ c cʷ dʒ d̪ eː f fʲ h i iː j k kʷ l m mʲ n oː p pʲ pʷ s tʃ t̪ w z ç ŋ ɑ ɑː ɒ ɒː
        ɔj ɖ ə ɛ ɛː ɜ ɜː ɟ ɟʷ ɡ ɡʷ ɪ ɱ ɲ ɹ ɾ ʃ ʈ ʈʲ ʈʷ ʉ ʉː ʊ ʋ ʎ ʒ ʔ""",
    "a dictionary with r": "p b t d k ɡ m n ŋ f v θ ð s z ʃ ʒ h l r w j tʃ dʒ iː ɪ e æ ɑː ɒ ɔː ʊ uː ʌ ɜː ə eɪ aɪ əʊ",
    "two words": "ð ɪ k æ t ɹ",
}
OTHERS = {
    "Turkish": "p b t d k ɡ c ɟ tʃ dʒ f v s z ʃ ʒ h m n ŋ l ɫ ɾ j i u a e o y œ ɯ",
    "Italian": """a aː b bː d dː d͡ʒ d͡ʒː e eː f fː g hː i j k kː l lː m mː n nː o oː p pː r rː s sː t tː t͡s t͡ʃ
        t͡ʃː u v vː w x y z ã æ ð ø œ ɔ ə ɛ ɡ ɡː ɲ ʃ ʎ""",
    "Czech": """a aw aː b c d dʒ ew f iː j k l l̩ m m̩ n n̩ o ow oː p r r̝ r̩ s t ts tʃ u uː v x z ŋ ɛ ɛː ɟ ɡ ɦ
        ɪ ɱ ɲ ʃ ʒ""",
    "Hindi": """a aː b b̤ d d̤ d͡ʒ e f h i iː j k kʰ l m n o p pʰ q r s t tʰ t͡ʃ u uː v w x z ã æ æː ŋ ũ ɑ ɔ ɖ ə
        ɛ ɡ ɣ ɦ ɪ ɲ ɳ ɹ ɽ ʂ ʃ ʈ ʊ ʌ θ""",
    "Greek": "b d̪ f i k l m n̪ o p s t̪ u v x z ð ɐ ɛ ɡ ɣ ɾ θ",
    "Georgian": "b d dz dʒ h i kʰ kʼ l m n pʰ pʼ qʼ s ts tsʼ tʃ tʃʼ tʰ tʼ u v x z ɑ ɔ ɛ ɡ ɣ ɾ ʃ ʒ",
    "Swahili": "p b t d k ɡ tʃ f v θ ð s z ʃ x ɣ h m n ɲ ŋ l r j w i ɛ ɑ ɔ u",
    "Spanish": "p b t d k ɡ tʃ f θ s x m n ɲ l ʎ r ɾ j w i e a o u β ð ɣ",
    "Tamil": """a aʊ aː b d d͡ʒ e eː f h i iː j k l m n o oː p r s t t͡ʃ u uː v w z æ ð ŋ ɑ ɔ ə ɛ ɡ ɪ ɭ ɲ ɳ ɹ ɻ
        ɾ ʂ ʃ ʈ ʊ ʋ ʌ ʒ θ""",
    "Hungarian": "aː b c d eː f h i j k l m n o oː p r s t ts tʃ u uː v y yː z ø øː ɑ ɛ ɟ ɡ ɲ ʃ ʒ",
    "Portuguese": "a b c d dʒ e ẽ f i ĩ j k l m n o õ p s t tʃ u ũ v w x z ɐ ɐ̃ ɔ ɛ ɟ ɡ ɲ ɾ ʃ ʎ ʒ",
    "Bulgarian": "a b bʲ c dʒ d̪ f i j k m n̪ o p r s̪ tsʲ tʃ t̪ t̪s̪ u v x z̪ ç ŋ ɔ ɛ ɟ ɡ ɤ ɫ ɱ ɲ ʃ ʎ ʒ",
    "Armenian": "b d f h i j k kʰ l m n p pʰ r s sʰ t tʰ u v z ɑ ɔ ə ɛ ɡ ɾ ʁ ʃ ʒ χ",
    "Italian in letters": "p b t d k g f v s z m n l r w ch sh th a e i o u",
    "a few symbols": "tʃ i t",
}
"""From the dictionaries of the Montreal Forced Aligner, some shortened."""


@pytest.mark.parametrize("language", ENGLISH)
def test_english_is_recognised(language: str) -> None:
    symbols = ENGLISH[language].split()
    assert detect_phone_set(symbols) == "ipa"
    assert "dh" in fold_phones([*symbols, "ð"]).symbols


@pytest.mark.parametrize("language", OTHERS)
def test_another_language_keeps_its_symbols_apart(language: str) -> None:
    symbols = OTHERS[language].split()
    assert detect_phone_set(symbols) == "other"
    folded = fold_phones(symbols)
    assert len(set(folded.symbols)) == len(symbols)
    assert folded.unknown == ()


@pytest.mark.parametrize("to", ["own", "39"])
@pytest.mark.parametrize("sign", ["y", "q"])
def test_a_foreign_sign_never_has_the_name_of_another_phone(sign: str, to: str) -> None:
    """IPA's y is a vowel and its q a uvular stop; y among the 39 is a glide, and q is TIMIT's glottal stop."""
    symbols = [*OTHERS["Turkish"].split(), sign]
    name = fold_phones(symbols, to=to).symbols[-1]
    assert name == f"{sign}_own"
    assert phone_info(name) is None


def test_a_sign_of_the_same_phone_keeps_the_name() -> None:
    assert fold_phones(["s", "m", "ʃ", "i"], to="own").symbols == ("s", "m", "ʃ", "i")
    assert fold_phones(["h#", "q", "ix"], to="own").symbols == ("sil", "q", "ix")


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_own_symbols_are_one_in_either_unicode_form(form: str) -> None:
    symbols = [unicodedata.normalize(form, symbol) for symbol in OTHERS["Portuguese"].split()]
    assert fold_phones(symbols, to="own") == fold_phones(OTHERS["Portuguese"].split(), to="own")
    assert fold_phones(["ẽ", "e\u0303"], to="own").symbols == ("ẽ", "ẽ")
