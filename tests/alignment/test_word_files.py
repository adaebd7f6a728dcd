"""Words become files that other programs read."""

import json

import pytest
from praatio import textgrid

from otoscope.alignment.word import Word
from otoscope.alignment.word_files import WORD_FORMATS, cues

WORDS = [Word("she", 0.25, 0.5, 0.9), Word('"had"', 0.5, 0.75, 0.8), Word("suits", 2.0, 3661.5, 0.7)]


def written(name):
    return WORD_FORMATS[name][1](WORDS, 4000.0, "sa 1")


def test_pauses_belong_to_no_word_in_a_textgrid(tmp_path):
    path = tmp_path / "sa1.TextGrid"
    path.write_text(written("textgrid"), encoding="utf-8")
    tier = textgrid.openTextgrid(str(path), includeEmptyIntervals=True).getTier("words")
    assert [entry.label for entry in tier.entries] == ["", "she", '"had"', "", "suits", ""]
    assert [(entry.start, entry.end) for entry in tier.entries][3] == (0.75, 2.0)


def test_ctm():
    assert written("ctm").splitlines()[0] == "sa_1 1 0.250 0.250 she 0.900"


@pytest.mark.parametrize(("name", "point"), [("srt", ","), ("vtt", ".")])
def test_subtitles_end_at_a_pause_and_count_hours(name, point):
    lines = written(name).splitlines()
    assert f"00:00:00{point}250 --> 00:00:00{point}750" in lines
    assert f"00:00:02{point}000 --> 01:01:01{point}500" in lines


def test_json():
    expected = {"text": "she", "start": 0.25, "end": 0.5, "confidence": 0.9, "probability": None}
    assert json.loads(written("json"))["words"][0] == expected


def test_a_subtitle_has_at_most_42_characters():
    words = [Word("wonderful", number, number + 1, 1.0) for number in range(12)]
    assert [len(cue) for cue in cues(words)] == [4, 4, 4]


@pytest.mark.parametrize("name", WORD_FORMATS)
def test_audio_without_words(name):
    assert isinstance(WORD_FORMATS[name][1]([], 1.0, "a"), str)
