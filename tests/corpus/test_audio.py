"""Samples reach a model whole, finite, mono and at the model's rate, or not at all."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import resample_poly
from tests.helpers.corpus_tones import sphere, tone, write_tone

from otoscope.corpus import load_audio, read_corpus
from otoscope.errors import InputError

SUFFIXES = [".wav", ".flac", ".ogg", ".opus", ".mp3"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_at_its_own_rate_audio_is_what_the_file_holds(tmp_path: Path, suffix: str) -> None:
    file = write_tone(tmp_path / f"a{suffix}")
    samples = load_audio(read_corpus(file)[0], 16000)
    expected, _ = soundfile.read(file, dtype="float32")
    assert samples.dtype == np.float32
    assert samples.shape == (16000,)
    last_bit = 1e-7 if suffix == ".mp3" else 0.0  # its decoder rounds by where a read begins
    np.testing.assert_allclose(samples, expected, rtol=0, atol=last_bit)


@pytest.mark.parametrize("rate", [8000, 22050, 44100, 48000])
def test_audio_of_another_rate_keeps_its_pitch_and_length(tmp_path: Path, rate: int) -> None:
    samples = load_audio(read_corpus(write_tone(tmp_path / "a.wav", rate=rate))[0], 16000)
    assert samples.dtype == np.float32
    assert samples.shape == (16000,)
    assert np.abs(np.fft.rfft(samples)).argmax() == 440


def test_resampling_is_scipys_polyphase_filter(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "a.wav", rate=44100, subtype="FLOAT")
    expected = resample_poly(soundfile.read(file, dtype="float32")[0], 160, 441)
    np.testing.assert_array_equal(load_audio(read_corpus(file)[0], 16000), expected)


def test_the_chosen_channel_is_the_one_that_is_read(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "a.wav", channels=3)
    cut = read_corpus(file, channel=2)[0]
    assert cut.supervisions[0].channel == cut.channel == 2
    samples = load_audio(cut, 16000)
    np.testing.assert_array_equal(samples, soundfile.read(file, dtype="float32")[0][:, 2])


def test_several_channels_need_a_choice(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "a.wav", channels=2)
    with pytest.raises(InputError) as refusal:
        read_corpus(file)
    assert str(refusal.value) == f"{file}: expected one channel, found 2; pass --channel, from 0 to 1"


def test_a_channel_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "a.wav")
    with pytest.raises(InputError, match=r"a\.wav: channel 1 not found among 1 \(the first is 0\); correct --channel"):
        read_corpus(file, channel=1)


def test_a_cut_of_several_channels_is_not_read_as_its_first(tmp_path: Path) -> None:
    cut = read_corpus(write_tone(tmp_path / "a.wav", channels=2), channel=0)[0].recording.to_cut()
    with pytest.raises(
        InputError, match=r"expected a MonoCut with a recording \(one channel of one file\), got a MultiCut"
    ):
        load_audio(cut, 16000)


@pytest.mark.parametrize("value", [1e30, -1e12])
def test_absurd_samples_are_refused_before_they_overflow_anything(tmp_path: Path, value: float) -> None:
    samples = tone()
    samples[5] = value
    soundfile.write(tmp_path / "a.wav", samples, 16000, subtype="FLOAT")
    with pytest.raises(InputError, match=r"a\.wav: expected samples between -1 and 1, got 1e\+(30|12)"):
        load_audio(read_corpus(tmp_path / "a.wav")[0], 8000)


def test_samples_of_unscaled_integers_are_read(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone() * 2.0**31, 16000, subtype="FLOAT")
    assert load_audio(read_corpus(tmp_path / "a.wav")[0], 16000).max() > 2.0**29


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_samples_that_are_no_numbers_are_refused(tmp_path: Path, value: float) -> None:
    samples = tone()
    samples[[5, 77]] = value
    soundfile.write(tmp_path / "a.wav", samples, 16000, subtype="FLOAT")
    cut = read_corpus(tmp_path / "a.wav")[0]
    with pytest.raises(InputError, match=r"a\.wav: expected finite samples, got 2 NaN or infinite"):
        load_audio(cut, 16000)


def test_audio_that_vanished_after_it_was_read_is_named(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "a.wav")
    cut = read_corpus(file)[0]
    file.unlink()
    with pytest.raises(InputError, match=r"a\.wav: expected audio that decodes whole"):
        load_audio(cut, 16000)


@pytest.mark.parametrize("content", [b"", b"RIFF", b"OggS", b"NIST_1A", b"ID3", b"this is a shopping list\n" * 40])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_is_no_audio_is_named(tmp_path: Path, suffix: str, content: bytes) -> None:
    file = tmp_path / f"a{suffix}"
    file.write_bytes(content)
    with pytest.raises(InputError) as refusal:
        read_corpus(file)
    assert str(refusal.value).startswith(f"{file}: ")
    assert str(refusal.value).endswith("replace or remove the file")


def test_audio_of_no_samples_is_named(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(0), 16000)
    with pytest.raises(InputError, match=r"a\.wav: expected speech, got audio of 0 samples"):
        read_corpus(tmp_path / "a.wav")


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("whole")
    files = {suffix: write_tone(folder / f"a{suffix}", seconds=2.5).read_bytes() for suffix in SUFFIXES}
    return files | {".WAV": sphere(tone(2.5))}


@pytest.fixture(scope="module")
def cut_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cut") / "a"


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".WAV"])
@settings(max_examples=60)
@given(lost=st.one_of(st.integers(1, 40), st.floats(0.01, 0.99)))
def test_truncated_audio_is_never_read_as_shorter_audio(
    whole_files: dict[str, bytes], cut_file: Path, suffix: str, lost: int | float
) -> None:
    whole = whole_files[suffix]
    file = cut_file.with_suffix(suffix)
    file.write_bytes(whole[: -lost if isinstance(lost, int) else max(1, int(lost * len(whole)))])
    with pytest.raises(InputError, match=r"truncated|unreadable"):
        load_audio(read_corpus(file)[0], 16000)


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".WAV"])
def test_whole_audio_is_not_taken_for_truncated(whole_files: dict[str, bytes], cut_file: Path, suffix: str) -> None:
    file = cut_file.with_suffix(suffix)
    file.write_bytes(whole_files[suffix])
    assert load_audio(read_corpus(file)[0], 16000).shape == (40000,)


@pytest.mark.parametrize("suffix", [".ogg", ".opus"])
def test_ogg_that_ends_between_two_pages_is_truncated(tmp_path: Path, suffix: str) -> None:
    file = write_tone(tmp_path / f"a{suffix}", seconds=5.0)
    content = file.read_bytes()
    file.write_bytes(content[: content.rindex(b"OggS")])
    with pytest.raises(InputError, match="truncated"):
        read_corpus(file)


def test_a_wav_written_by_a_stream_promises_no_size(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "a.wav")
    content = bytearray(file.read_bytes())
    place = content.index(b"data") + 4
    content[place : place + 4] = b"\xff" * 4
    file.write_bytes(content)
    assert load_audio(read_corpus(file)[0], 16000).shape == (16000,)


def test_an_mp3_with_a_tag_before_it_is_whole_until_it_is_cut(tmp_path: Path) -> None:
    content = write_tone(tmp_path / "a.mp3").read_bytes()
    tagged = b"ID3\x03\x00\x00\x00\x00\x01\x00" + bytes(128) + content
    (tmp_path / "a.mp3").write_bytes(tagged)
    assert read_corpus(tmp_path / "a.mp3")[0].num_samples == 16000
    (tmp_path / "a.mp3").write_bytes(tagged[:-1])
    with pytest.raises(InputError, match="truncated"):
        read_corpus(tmp_path / "a.mp3")


def test_a_rate_at_which_no_speech_is_sampled_is_refused(tmp_path):
    """A header of 1 Hz would make hours of audio from one second."""
    soundfile.write(tmp_path / "a.wav", np.full(16000, 0.1), 1)
    with pytest.raises(InputError, match="expected a sampling rate of at least 1000 Hz, found 1 Hz"):
        read_corpus(tmp_path)
