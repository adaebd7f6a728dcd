"""A folder of audio becomes one cut per file, for every subfolder and format."""

from pathlib import Path

import pytest
import soundfile
from tests.helpers.corpus_tones import tone, write_tone

from otoscope.corpus import read_corpus


def names(path: Path) -> list[tuple[str, str | None]]:
    return [(cut.id, cut.supervisions[0].speaker) for cut in read_corpus(path)]


def test_every_format_is_found_in_nested_folders_in_order_of_ids(tmp_path: Path) -> None:
    for name in ["z/b.opus", "a/x/c.FLAC", "a/d.mp3", "a/x/e.Wav", "m/f.ogg", "a-g.wav"]:
        write_tone(tmp_path / name)
    cuts = read_corpus(tmp_path)
    assert [cut.id for cut in cuts] == ["a-g", "a/d", "a/x/c", "a/x/e", "m/f", "z/b"]
    assert [cut.num_samples for cut in cuts] == [16000] * 6


def test_one_supervision_spans_each_cut(tmp_path: Path) -> None:
    cut = read_corpus(write_tone(tmp_path / "a.wav", seconds=1.2345))[0]
    (supervision,) = cut.supervisions
    assert (supervision.start, supervision.end) == (0.0, cut.duration)
    assert cut.duration == pytest.approx(1.2345, abs=1e-4)
    assert (supervision.text, supervision.alignment) == (None, None)


def test_the_speaker_is_the_folder_where_every_file_lies_in_one(tmp_path: Path) -> None:
    write_tone(tmp_path / "anna" / "1.wav")
    write_tone(tmp_path / "ben" / "1.wav")
    assert names(tmp_path) == [("anna/1", "anna"), ("ben/1", "ben")]
    write_tone(tmp_path / "2.wav")
    assert names(tmp_path) == [("2", None), ("anna/1", None), ("ben/1", None)]


def test_the_speaker_of_librispeech_is_not_the_chapter(tmp_path: Path) -> None:
    write_tone(tmp_path / "dev" / "84" / "121123" / "84-121123-0000.flac")
    assert names(tmp_path) == [("dev/84/121123/84-121123-0000", "84")]


def test_one_file_is_a_corpus(tmp_path: Path) -> None:
    write_tone(tmp_path / "other.wav")
    assert names(write_tone(tmp_path / "one.wav")) == [("one", None)]


def test_hidden_files_and_folders_are_left_out(tmp_path: Path) -> None:
    for name in ["a.wav", "._a.wav", ".cache/b.wav"]:
        write_tone(tmp_path / name)
    assert names(tmp_path) == [("a", None)]


def test_linked_folders_are_followed_once(tmp_path: Path) -> None:
    write_tone(tmp_path / "elsewhere" / "a.wav")
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (corpus / "anna").symlink_to(tmp_path / "elsewhere")
    (corpus / "loop").symlink_to(corpus)
    assert names(corpus) == [("anna/a", "anna")]


def test_a_relative_path_gives_the_same_ids(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tone(tmp_path / "anna" / "1.wav")
    monkeypatch.chdir(tmp_path)
    assert names(Path()) == names(tmp_path)


def test_every_container_that_is_read_is_looked_for_in_a_folder(tmp_path: Path) -> None:
    containers = {"aiff": "AIFF", "aif": "AIFF", "au": "AU", "w64": "W64", "rf64": "RF64", "caf": "CAF", "sph": "NIST"}
    for suffix, container in containers.items():
        soundfile.write(tmp_path / f"{suffix}.{suffix}", tone(), 16000, format=container)
    assert [cut.num_samples for cut in read_corpus(tmp_path)] == [16000] * len(containers)
