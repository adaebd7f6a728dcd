"""Audio with Praat TextGrids, in Praat's long and short form."""

from pathlib import Path

import pytest
from praatio.textgrid import IntervalTier, PointTier, Textgrid
from tests.helpers.corpus_tones import write_tone

from otoscope.corpus import SkippedUtterance, phones_of, read_corpus
from otoscope.corpus.labels import Interval
from otoscope.corpus.praat import read_grid
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
        "several tiers of phones in cut u1: anna - phones, ben - phones. Pass --tier 'anna - phones'"
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


def test_a_grid_of_another_length_is_reported_and_not_used(tmp_path: Path) -> None:
    """A grid of 1 s next to audio of 0.9 s and of 3 s belongs to other audio."""
    for name, seconds in (("short", 0.9), ("long", 3.0)):
        write_grid(write_tone(tmp_path / f"{name}.wav", seconds=seconds), phones=PHONES)
    skipped: list[SkippedUtterance] = []
    assert [phones_of(cut) for cut in read_corpus(tmp_path, on_skip=skipped.append)] == [[], []]
    assert [(item.id, item.part) for item in skipped] == [("long", "labels"), ("short", "labels")]
    assert "audio at 3.000 s, found labels from 0.000 to 1.000 s; check that they belong together" in skipped[0].reason


def test_an_interval_over_its_neighbour_costs_that_label(tmp_path: Path) -> None:
    file = write_grid(write_tone(tmp_path / "u1.wav"), form="short_textgrid", phones=PHONES[:2])
    file.write_text(file.read_text().replace("0.4\n0.6\n", "0.3\n0.6\n"))
    skipped: list[SkippedUtterance] = []
    (cut,) = read_corpus(tmp_path, on_skip=skipped.append)
    assert [symbol for symbol, _, _ in phones_of(cut)] == ["HH"]
    assert "found 'AY1' (0.300 to 0.600 s) over 'HH' (0.100 to 0.400 s)" in skipped[0].reason


@pytest.mark.parametrize("form", ["long_textgrid", "short_textgrid"])
def test_a_grid_is_refused_wherever_it_breaks_off(tmp_path: Path, form: str) -> None:
    file = write_grid(write_tone(tmp_path / "u1.wav"), form, phones=PHONES, words=WORDS)
    whole = file.read_text().rstrip()
    for place in range(0, len(whole), 5):
        file.write_text(whole[:place])
        with pytest.raises(InputError, match=r"u1\.TextGrid: expected"):
            read_grid(file)
    file.write_text(whole)
    assert [tier.name for tier in read_grid(file).tiers] == ["phones", "words"]


LONG = '''File type = "ooTextFile"
Object class = "TextGrid"

xmin = -0.10
xmax = 1.0e+0
tiers? <exists>
size = 3
item []:
    item [1]:
        class = "IntervalTier"
        name = ""
        xmin = -0.10
        xmax = 1
        intervals: size = 1
        intervals [1]:
            xmin = -0.10
            xmax = 1
            text = "no name"
    item [2]:
        class = "TextTier"
        name = "bell"
        xmin = -0.10
        xmax = 1
        points: size = 1
        points [1]:
            number = .5
            mark = "ding ""dong"""
    item [3]:
        class = "IntervalTier"
        name = "phones"
        xmin = -0.10
        xmax = 1
        intervals: size = 3
        intervals [1]:
            xmin = -0.10
            xmax = 2e-1
            text = "a"
        intervals [2]:
            xmin = +0.2
            xmax = 5E-1
            text = "say ""b"" 3!"
        intervals [3]:
            xmin = 0.5
            xmax = 1.
            text = ""
'''
SHORT = '''File type = "ooTextFile short"
"TextGrid"

-0.10
1.0e+0
<exists>
3
"IntervalTier"
""
-0.10
1
1
-0.10
1
"no name"
"TextTier"
"bell"
-0.10
1
1
.5
"ding ""dong"""
"IntervalTier"
"phones"
-0.10
1
3
-0.10
2e-1
"a"
+0.2
5E-1
"say ""b"" 3!"
0.5
1.
""
'''
FREE = '''"ooTextFile" "TextGrid" ! written by hand, at 10 o'clock in 2020
-0.10 1 seconds in all <exists> 3 tiers
"IntervalTier" "" from -0.10 to 1 second, 1 interval coming: -0.10 1 "no name"
"TextTier" "bell" -0.10 1 1 point .5 "ding ""dong""" ! 99 bottles
"IntervalTier" "phones" -0.10 1 3 intervals
-0.10 0.2 "a"
0.2 0.5 "say ""b"" 3!" ! it's [3]
0.5 1 ""
'''
FORMS = {"long": LONG, "short": SHORT, "free": FREE}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "latin-1"])
def test_every_form_and_encoding_that_praat_reads_gives_the_same_labels(tmp_path, form, encoding) -> None:
    """Signs, exponents, numbers without a digit before or after the point, quotes, comments, empty names and points."""
    text = FORMS[form].replace('"a"', '"é"').replace("\n", "\r\n" if encoding == "utf-16" else "\n")
    write_tone(tmp_path / "u1.wav").with_suffix(".TextGrid").write_bytes(text.encode(encoding))
    grid = read_grid(tmp_path / "u1.TextGrid")
    assert (grid.start, grid.end, [tier.name for tier in grid.tiers]) == (-0.1, 1.0, ["", "phones"])
    assert grid.tiers[1].intervals == [Interval("é", -0.1, 0.2), Interval('say "b" 3!', 0.2, 0.5)]
    (cut,) = read_corpus(tmp_path)
    assert phones_of(cut) == [("é", 0.0, 0.2), ('say "b" 3!', 0.2, 0.5)]


def test_two_tiers_of_one_name_are_never_guessed_between(tmp_path: Path) -> None:
    text = LONG.replace('name = ""', 'name = "phones"')
    write_tone(tmp_path / "u1.wav").with_suffix(".TextGrid").write_text(text)
    for options in ({}, {"tier": "phones"}):
        with pytest.raises(InputError, match=r"several tiers of phones in cut u1: phones, phones. Rename all but one"):
            read_corpus(tmp_path, **options)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("size = 3\nitem", "size = 4\nitem", "expected the class of tier 4, but the file breaks off"),
        ("size = 3\nitem", "size = 2\nitem", "expected the end of the file after the tiers that it announces"),
        ("size = 3\nitem", "size = 2.5\nitem", "expected a whole number as the number of tiers, found 2.5"),
        ("size = 3\nitem", f"size = {'9' * 400}\nitem", "expected a whole number as the number of tiers, found inf"),
        ("xmin = +0.2", 'xmin = "b"', "expected a number as the start of interval 2 of tier 3, found 'b'"),
        ("xmin = +0.2", "xmin = 0,2", "expected a number as the end of interval 2 of tier 3, found"),
        ("IntervalTier", "Tier", "expected IntervalTier or TextTier as the class of tier 1, found 'Tier'"),
        ('"TextGrid"', '"Pitch 1"', "expected a TextGrid, found a 'Pitch 1'"),
    ],
)
def test_a_value_that_is_missing_or_of_another_type_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    file = tmp_path / "u1.TextGrid"
    file.write_text(LONG.replace(old, new))
    with pytest.raises(InputError) as refusal:
        read_grid(file)
    assert message in str(refusal.value)


def test_quotes_and_numbers_in_labels_do_not_break_a_grid(tmp_path: Path) -> None:
    odd = [(0.1, 0.4, 'the "a" of 2 cats'), (0.4, 0.6, "3"), (0.6, 0.9, "- 1 [2]: size = 4")]
    write_grid(write_tone(tmp_path / "u1.wav"), phones=odd)
    assert [symbol for symbol, *_ in phones(tmp_path)] == [symbol for *_, symbol in odd]


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe\x00\xd8", bytes(range(256))])
def test_a_file_that_is_no_grid_is_named(tmp_path: Path, content: bytes) -> None:
    write_tone(tmp_path / "u1.wav").with_suffix(".TextGrid").write_bytes(content)
    with pytest.raises(InputError, match=r"u1\.TextGrid: expected the .*; save the TextGrid again from Praat"):
        read_corpus(tmp_path)
