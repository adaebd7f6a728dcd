"""What a corpus states of its speakers reaches the cuts; what it does not state stays unknown."""

from pathlib import Path

import numpy as np
import pytest
from lhotse import SupervisionSegment
from tests.helpers.corpus_tones import write_tone

from otoscope.corpus import read_corpus
from otoscope.corpus.speaker_metadata import columns_of, metadata_of


@pytest.fixture
def kaldi(tmp_path: Path) -> Path:
    for id in ("a1", "b1"):
        write_tone(tmp_path / "audio" / f"{id}.wav")
    (tmp_path / "utt2spk").write_text("a1 anna\nb1 ben\n")
    (tmp_path / "spk2gender").write_text("anna F\n")
    (tmp_path / "spk2age").write_text("anna 31\nben unknown\n")
    (tmp_path / "spk2first_language").write_text("ben Swiss German\n")
    return tmp_path


def test_tables_of_a_kaldi_directory_describe_its_speakers(kaldi: Path) -> None:
    anna, ben = read_corpus(kaldi)
    assert metadata_of(anna) == {"gender": "f", "age": "31"}
    assert metadata_of(ben) == {"age": "unknown", "first_language": "Swiss German"}


def test_the_tables_are_not_reported_as_ignored(kaldi: Path) -> None:
    reported: list[object] = []
    read_corpus(kaldi, on_skip=reported.append)
    assert not reported


@pytest.mark.parametrize(
    ("folder", "expected"),
    [
        ("dr7-fblv0", {"gender": "f", "dialect": "dr7"}),
        ("TRAIN/DR1/MCPM0", {"gender": "m", "dialect": "dr1"}),
        ("speech/mark1", {}),
    ],
)
def test_folders_of_timit_state_gender_and_dialect(tmp_path: Path, folder: str, expected: dict[str, str]) -> None:
    write_tone(tmp_path / folder / "sa1.wav").with_suffix(".phn").write_text("0 16000 iy\n")
    (cut,) = read_corpus(tmp_path)
    assert metadata_of(cut) == expected


SPKRINFO = """; comment
;ID  Sex DR Use  RecDate   BirthDate  Ht    Race Edu
CPM0  M  1  TRN  01/30/86  02/18/62  5'6"   WHT  BS
BLV0  F  7  TRN  04/29/86  ??/??/??  5'8"   WHT  MS   "BEST" ACCENT
"""


@pytest.mark.parametrize("place", ["spkrinfo.txt", "DOC/SPKRINFO.TXT", "../DOC/SPKRINFO.TXT"])
def test_ages_of_timit_are_from_birth_to_recording(tmp_path: Path, place: str) -> None:
    corpus, reported = tmp_path / "TIMIT" / "TRAIN", []
    for folder in ("DR1/MCPM0", "DR7/FBLV0"):
        write_tone(corpus / folder / "sa1.wav").with_suffix(".phn").write_text("0 16000 iy\n")
    (corpus / place).parent.mkdir(exist_ok=True)
    (corpus / place).write_text(SPKRINFO)
    cuts = {cut.id: metadata_of(cut) for cut in read_corpus(corpus, on_skip=reported.append)}
    assert cuts["DR1/MCPM0/sa1"] == {"gender": "m", "dialect": "dr1", "age": "23"}
    assert cuts["DR7/FBLV0/sa1"] == {"gender": "f", "dialect": "dr7"}
    assert not reported


def test_librispeech_states_genders_above_its_parts(tmp_path: Path) -> None:
    write_tone(tmp_path / "test-clean" / "84" / "121123" / "84-121123-0000.wav")
    (tmp_path / "SPEAKERS.TXT").write_text(";ID |SEX| SUBSET\n84   | F | dev-clean | 8.02 | Christie | Nowak\n")
    (cut,) = read_corpus(tmp_path / "test-clean")
    assert metadata_of(cut) == {"gender": "f"}


def test_metadata_survive_a_manifest(kaldi: Path, tmp_path: Path) -> None:
    cuts = read_corpus(kaldi)
    cuts.to_file(tmp_path / "cuts.jsonl")
    assert [metadata_of(cut) for cut in read_corpus(tmp_path / "cuts.jsonl")] == [metadata_of(cut) for cut in cuts]


def test_what_the_supervisions_of_a_cut_contradict_is_unknown(kaldi: Path) -> None:
    cut = read_corpus(kaldi)[0]
    cut.supervisions.append(SupervisionSegment("x", cut.recording.id, 0.0, 0.5, gender="male", custom={"age": 31}))
    assert metadata_of(cut) == {"age": "31"}


def test_columns_have_a_place_for_each_utterance(kaldi: Path) -> None:
    columns = columns_of(list(map(metadata_of, read_corpus(kaldi))))
    assert list(columns) == ["gender", "age", "first_language"]
    assert list(columns["gender"]) == ["f", ""]
    assert np.array_equal(columns["age"], [31.0, np.nan], equal_nan=True)
