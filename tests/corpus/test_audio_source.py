"""Audio that is no file of its own: addresses that fsspec reads, and the tars of Lhotse Shar."""

from pathlib import Path

import fsspec
import numpy as np
import pytest
from lhotse import AudioSource, CutSet, Recording
from lhotse.shar import SharWriter
from lhotse.utils import fastcopy
from tests.helpers.corpus_tones import write_tone

from otoscope.corpus import fingerprint, load_audio, read_corpus
from otoscope.corpus.audio_source import FileState, read_bytes
from otoscope.corpus.reader import list_corpus
from otoscope.errors import InputError, UnreachableError


@pytest.fixture
def cut(tmp_path):
    return Recording.from_file(write_tone(tmp_path / "a.wav", seconds=1.0)).to_cut()


def at_address(cut, address):
    source = AudioSource("url", [0], address)
    return fastcopy(cut, recording=fastcopy(cut.recording, sources=[source]))


@pytest.fixture
def remote(cut):
    """The same cut, with its audio in the memory of fsspec."""
    with fsspec.open("memory://speech/a.wav", "wb") as file:
        file.write(Path(cut.recording.sources[0].source).read_bytes())
    return at_address(cut, "memory://speech/a.wav")


def test_audio_at_an_address_has_the_samples_and_the_fingerprint_of_its_file(cut, remote, tmp_path):
    CutSet.from_cuts([remote]).to_file(tmp_path / "cuts.jsonl")
    (read,) = read_corpus(tmp_path / "cuts.jsonl")
    np.testing.assert_array_equal(load_audio(read, 16000), load_audio(cut, 16000))
    assert fingerprint([remote]) == fingerprint([cut])
    assert list(list_corpus(tmp_path / "cuts.jsonl")) == [read]


def test_an_address_without_audio_is_the_error_of_an_utterance(remote):
    with pytest.raises(InputError, match=r"memory://speech/b.wav: expected audio, found none") as raised:
        load_audio(at_address(remote, "memory://speech/b.wav"), 16000)
    assert not isinstance(raised.value, UnreachableError)


def test_an_address_that_does_not_answer_stops_the_command(remote):
    with pytest.raises(UnreachableError, match=r"nowhere://a: expected audio that fsspec reads"):
        load_audio(at_address(remote, "nowhere://a"), 16000)


def test_a_shar_folder_is_read_from_its_tars(tmp_path):
    cuts = [Recording.from_file(write_tone(tmp_path / f"{name}.wav", seconds=0.5)).to_cut() for name in "abc"]
    (tmp_path / "shar").mkdir()
    with SharWriter(tmp_path / "shar", fields={"recording": "wav"}, shard_size=2) as writer:
        for one in cuts:
            writer.write(one)
    skipped = []
    listed, read = list_corpus(tmp_path / "shar"), list(read_corpus(tmp_path / "shar", on_skip=skipped.append))
    assert [one.id for one in read] == ["a", "b", "c"]
    assert list(listed) == read
    assert not skipped
    for remote, original in zip(read, cuts, strict=True):
        np.testing.assert_array_equal(load_audio(remote, 16000), load_audio(original, 16000))
        source = remote.recording.sources[0]
        assert read_bytes(FileState(source.source, 0, 0, source.type)).startswith(b"RIFF")


def test_a_shar_folder_without_the_audio_of_a_cut_skips_it_by_name(tmp_path):
    one = Recording.from_file(write_tone(tmp_path / "a.wav", seconds=0.5)).to_cut()
    (tmp_path / "shar").mkdir()
    with SharWriter(tmp_path / "shar", fields={"recording": "wav"}, shard_size=2) as writer:
        writer.write(one)
    other = fastcopy(next(iter(CutSet.from_file(tmp_path / "shar" / "cuts.000000.jsonl.gz"))), id="b")
    CutSet.from_cuts([other]).to_file(tmp_path / "shar" / "cuts.000000.jsonl.gz")
    with pytest.raises(InputError, match=r"recording.000000.tar: expected the audio of b, found none"):
        read_corpus(tmp_path / "shar")
