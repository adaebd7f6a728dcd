"""Real corpora are read whole, with the labels that their sources describe."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import soundfile

from otoscope.corpus import SkippedUtterance, load_audio, read_corpus
from otoscope.corpus.speaker_metadata import metadata_of


def test_the_timit_sample(corpora: Path) -> None:
    ignored: list[SkippedUtterance] = []
    cuts = read_corpus(corpora / "timit-sample", strict=True, on_skip=ignored.append)
    assert {item.part for item in ignored} == {"file"}  # tables of speakers and pronunciations
    supervisions = [cut.supervisions[0] for cut in cuts]
    assert Counter(one.speaker for one in supervisions).most_common()[-1][1] == 10
    assert (len(cuts), len({one.speaker for one in supervisions})) == (120, 12)
    assert len({phone.symbol for one in supervisions for phone in one.alignment["phone"]}) <= 61
    assert Counter(one.gender for one in supervisions) == {"f": 60, "m": 60}
    assert supervisions[0].text == "She had your dark suit in greasy wash water all year."


def test_timit_phones_are_those_of_the_label_file_in_samples(corpora: Path) -> None:
    for cut in read_corpus(corpora / "timit-sample", on_skip=lambda _: None):
        file = (corpora / "timit-sample" / cut.id).with_suffix(".phn")
        lines = [line.split() for line in file.read_text().splitlines()]
        read = [
            (round(p.start * 16000), round(p.end * 16000), p.symbol) for p in cut.supervisions[0].alignment["phone"]
        ]
        assert read == [(int(start), min(int(end), cut.num_samples), symbol) for start, end, symbol in lines]


@pytest.mark.parametrize("part", ["train", "test"])
def test_speechocean762_has_phones_and_text_for_every_utterance(corpora: Path, part: str) -> None:
    cuts = read_corpus(corpora / "speechocean762" / part, strict=True, on_skip=lambda _: None)
    supervisions = [cut.supervisions[0] for cut in cuts]
    assert (len(cuts), len({one.speaker for one in supervisions})) == (2500, 125)
    assert all(one.text and one.alignment["phone"] for one in supervisions)
    assert all({"gender", "age"} <= metadata_of(cut).keys() for cut in cuts)
    assert len({phone.symbol for one in supervisions for phone in one.alignment["phone"]}) == 40


@pytest.mark.parametrize(
    ("folder", "cuts", "speakers"),
    [("speechocean762", 5245, 250), ("librispeech-excerpts/train-clean-100", 251, 251), ("picovoice-coffee", 619, 0)],
)
def test_a_folder_of_audio(corpora: Path, folder: str, cuts: int, speakers: int) -> None:
    found = read_corpus(corpora / folder, strict=True, format="audio", on_skip=lambda _: None)
    names = {cut.supervisions[0].speaker for cut in found} - {None}
    assert (len(found), len(names)) == (cuts, speakers)


def test_real_audio_is_loaded_as_the_file_holds_it(corpora: Path) -> None:
    for cut in list(read_corpus(corpora / "librispeech-excerpts" / "test-other", on_skip=lambda _: None))[::10]:
        expected, rate = soundfile.read(cut.recording.sources[0].source, dtype="float32")
        np.testing.assert_array_equal(load_audio(cut, rate), expected)
