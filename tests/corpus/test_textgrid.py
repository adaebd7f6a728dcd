"""Audio with Praat TextGrids, in Praat's long and short form."""

from pathlib import Path

import pytest
from praatio.textgrid import IntervalTier, PointTier, Textgrid
from tests.helpers.corpus_tones import write_tone

from otoscope.corpus import read_corpus
from otoscope.corpus.praat import read_tiers
from otoscope.errors import InputError

PHONES = [(0.1, 0.4, "HH"), (0.4, 0.6, "AY1"), (0.7, 1.0, "B")]
WORDS = [(0.1, 0.6, "hi"), (0.7, 1.0, "b")]


def write_grid(audio: Path, form: str = "long_textgrid", **tiers: list[tuple[float, float, str]]) -> Path:
    grid = Textgrid()
    for name, entries in tiers.items():
        grid.addTier(IntervalTier(name.replace("__", " - "), entries, 0, 1.0))
    grid.addTier(PointTier("clicks", [(0.5, "x")], 0, 1.0))
    file = audio.with_suffix(".TextGrid")
    grid.save(str(file), format=form, includeBlankSpaces=True)
    return file


def phones(path: Path, **options: str) -> list[tuple[str, float, float]]:
    (cut,) = read_corpus(path, **options)
    return [(item.symbol, item.start, pytest.approx(item.end)) for item in cut.supervisions[0].alignment["phone"]]


@pytest.mark.parametrize("form", ["long_textgrid", "short_textgrid"])
def test_phones_and_words_are_read_and_silence_is_a_gap(tmp_path: Path, form: str) -> None:
    write_grid(write_tone(tmp_path / "anna" / "u1.wav"), form, words=WORDS, phones=PHONES)
    (cut,) = read_corpus(tmp_path)
    (supervision,) = cut.supervisions
    assert phones(tmp_path) == [(symbol, start, end) for start, end, symbol in PHONES]
    assert [word.symbol for word in supervision.alignment["word"]] == ["hi", "b"]
    assert (cut.id, supervision.speaker, supervision.text) == ("anna/u1", "anna", "hi b")


def test_a_grid_in_utf_16_as_praat_writes_it_is_read(tmp_path: Path) -> None:
    file = write_grid(write_tone(tmp_path / "u1.wav"), phones=[(0.1, 0.4, "ʃ")])
    file.write_text(file.read_text("utf-8"), encoding="utf-16")
    assert phones(tmp_path) == [("ʃ", 0.1, 0.4)]


def test_the_aligners_tiers_of_one_speaker_are_found(tmp_path: Path) -> None:
    write_grid(write_tone(tmp_path / "u1.wav"), anna__words=WORDS, anna__phones=PHONES)
    assert [symbol for symbol, *_ in phones(tmp_path)] == ["HH", "AY1", "B"]


def test_of_several_tiers_of_phones_one_must_be_chosen(tmp_path: Path) -> None:
    write_grid(write_tone(tmp_path / "u1.wav"), anna__phones=PHONES, ben__phones=PHONES[:1])
    with pytest.raises(InputError) as refusal:
        read_corpus(tmp_path)
    assert str(refusal.value) == (
        "several tiers of phones in cut u1: anna - phones, ben - phones. Pass --tier anna - phones"
    )
    assert len(phones(tmp_path, tier="ben - phones")) == 1


def test_a_named_tier_holds_the_phones(tmp_path: Path) -> None:
    write_grid(write_tone(tmp_path / "u1.wav"), MAU=PHONES[:2], phones=PHONES)
    assert [symbol for symbol, *_ in phones(tmp_path, tier="MAU")] == ["HH", "AY1"]


@pytest.mark.parametrize("tier", ["phone", "clicks"])
def test_an_unknown_tier_is_answered_with_those_present(tmp_path: Path, tier: str) -> None:
    write_grid(write_tone(tmp_path / "u1.wav"), MAU=PHONES, ORT=WORDS)
    with pytest.raises(InputError) as refusal:
        read_corpus(tmp_path, tier=tier)
    assert str(refusal.value) == f"tier '{tier}' not found in cut u1; tiers present: MAU, ORT. Pass --tier MAU"


def test_a_grid_without_a_tier_of_phones_asks_for_one(tmp_path: Path) -> None:
    write_grid(write_tone(tmp_path / "u1.wav"), words=WORDS)
    with pytest.raises(InputError, match=r"tier 'phones' not found in cut u1; tiers present: words. Pass --tier words"):
        read_corpus(tmp_path)
    assert read_corpus(tmp_path, format="audio")[0].supervisions[0].alignment is None


def test_a_grid_without_intervals_offers_the_audio_alone(tmp_path: Path) -> None:
    write_grid(write_tone(tmp_path / "u1.wav"))
    with pytest.raises(InputError, match=r"tiers present: none. Pass --format audio to leave the labels out"):
        read_corpus(tmp_path)


def test_audio_without_a_grid_is_read_without_labels(tmp_path: Path) -> None:
    write_grid(write_tone(tmp_path / "u1.wav"), phones=PHONES)
    write_tone(tmp_path / "u2.wav")
    assert [cut.supervisions[0].alignment is None for cut in read_corpus(tmp_path)] == [False, True]


def test_labels_past_the_end_are_refused(tmp_path: Path) -> None:
    write_grid(write_tone(tmp_path / "u1.wav", seconds=0.9), phones=PHONES)
    with pytest.raises(InputError, match=r"phones of u1: expected labels within the audio's 0.900 s, got 'B'"):
        read_corpus(tmp_path)


def test_overlapping_intervals_are_refused(tmp_path: Path) -> None:
    file = write_grid(write_tone(tmp_path / "u1.wav"), form="short_textgrid", phones=PHONES[:2])
    file.write_text(file.read_text().replace("0.4\n0.6\n", "0.3\n0.6\n"))
    with pytest.raises(InputError, match=r"u1\.TextGrid: Two intervals in the same tier overlap .* correct the labels"):
        read_corpus(tmp_path)


@pytest.mark.parametrize("form", ["long_textgrid", "short_textgrid"])
def test_a_grid_is_refused_wherever_it_breaks_off(tmp_path: Path, form: str) -> None:
    file = write_grid(write_tone(tmp_path / "u1.wav"), form, phones=PHONES, words=WORDS)
    whole = file.read_text().rstrip()
    for place in range(0, len(whole), 5):
        file.write_text(whole[:place])
        with pytest.raises(InputError, match=r"u1\.TextGrid: expected"):
            read_tiers(file)
    file.write_text(whole)
    assert list(read_tiers(file)) == ["phones", "words"]


def test_quotes_and_numbers_in_labels_do_not_break_a_grid(tmp_path: Path) -> None:
    odd = [(0.1, 0.4, 'the "a" of 2 cats'), (0.4, 0.6, "3"), (0.6, 0.9, "- 1 [2]: size = 4")]
    write_grid(write_tone(tmp_path / "u1.wav"), phones=odd)
    assert [symbol for symbol, *_ in phones(tmp_path)] == [symbol for *_, symbol in odd]


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe\x00\xd8", bytes(range(256))])
def test_a_file_that_is_no_grid_is_named(tmp_path: Path, content: bytes) -> None:
    write_tone(tmp_path / "u1.wav").with_suffix(".TextGrid").write_bytes(content)
    with pytest.raises(InputError, match=r"u1\.TextGrid: expected a Praat TextGrid in long or short form"):
        read_corpus(tmp_path)
