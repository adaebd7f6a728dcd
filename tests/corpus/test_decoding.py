"""The decoded audio decides: nothing is padded, and what a manifest declares wrongly is refused with both numbers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from lhotse import AudioSource, MonoCut, Recording
from tests.helpers.corpus_tones import tone, write_tone

from otoscope.corpus import load_audio, read_corpus
from otoscope.corpus.decoding import check_recording, source_of
from otoscope.corpus.windows import windowed
from otoscope.errors import InputError


def recording(file: Path, samples: int = 48000, rate: int = 16000, channels: int = 1) -> Recording:
    """A recording that declares `samples` at `rate`, not what the file holds."""
    source = AudioSource("file", list(range(channels)), str(file))
    return Recording(file.stem, [source], rate, samples, samples / rate)


@pytest.mark.parametrize("seconds", [2.0, 2.6, 2.999, 3.001, 3.375])
def test_a_cut_whose_file_is_shorter_or_longer_than_declared_is_refused(tmp_path: Path, seconds: float) -> None:
    """Lhotse fills up to half a second with mirrored speech."""
    file = write_tone(tmp_path / "a.wav", seconds=seconds)
    with pytest.raises(InputError) as refusal:
        load_audio(recording(file).to_cut(), 16000)
    assert f"expected 48000 samples as its recording declares, found {round(seconds * 16000)}" in str(refusal.value)


def test_a_length_rounded_by_one_sample_is_read_as_the_file_has_it(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "a.wav")
    samples = load_audio(recording(file, 16001).to_cut(), 16000)
    np.testing.assert_array_equal(samples, soundfile.read(file, dtype="float32")[0])


@pytest.mark.parametrize("start", [0.0, 1.0])
def test_a_cut_whose_rate_is_not_the_files_is_refused_with_both(tmp_path: Path, start: float) -> None:
    file = write_tone(tmp_path / "a.wav", seconds=3.0, rate=22050)
    cut = MonoCut("c", start, 1.0, 0, recording=recording(file))
    with pytest.raises(InputError, match=r"expected a sampling rate of 16000 Hz .* found 22050 Hz in the file"):
        load_audio(cut, 16000)


def test_windows_of_a_file_shorter_than_declared_are_refused(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "a.wav", seconds=2.6)
    for window in windowed([recording(file).to_cut()], 1.0):
        with pytest.raises(InputError, match="expected 48000 samples as its recording declares, found 41600"):
            load_audio(window, 16000)


def test_a_cut_that_ends_after_its_recording_is_refused(tmp_path: Path) -> None:
    cut = MonoCut("c", 0.5, 1.0, 0, recording=recording(write_tone(tmp_path / "a.wav"), 16000))
    with pytest.raises(InputError, match="expected samples 8000 to 24000 for cut c, found 16000 in the file"):
        load_audio(cut, 16000)


@pytest.mark.parametrize("container", ["AIFF", "FLAC", "OGG"])
@pytest.mark.parametrize("start", [0.0, 0.25])
def test_cut_audio_is_refused_in_a_cut_made_from_it(tmp_path: Path, container: str, start: float) -> None:
    """Lhotse reads the length from the cut file itself, so nothing else differs."""
    file = tmp_path / "a"
    soundfile.write(file, tone(3.0), 16000, format=container)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    cut = MonoCut("c", start, 0.5, 0, recording=recording(file))
    with pytest.raises(InputError, match=r"truncated|page"):
        load_audio(cut, 16000)


def test_a_file_that_changes_is_measured_again(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "a.wav")
    cut = read_corpus(file)[0]
    assert load_audio(cut, 16000).shape == (16000,)
    write_tone(file, seconds=0.5)
    with pytest.raises(InputError, match="expected 16000 samples as its recording declares, found 8000"):
        load_audio(cut, 16000)


def test_audio_in_memory_is_read_and_checked(tmp_path: Path) -> None:
    content = write_tone(tmp_path / "a.flac").read_bytes()
    cut = replace(recording(tmp_path / "a.flac", 16000), sources=[AudioSource("memory", [0], content)]).to_cut()
    np.testing.assert_array_equal(load_audio(cut, 16000), soundfile.read(tmp_path / "a.flac", dtype="float32")[0])
    joined = AudioSource("memory", [0], content + content)
    with pytest.raises(InputError, match="a: expected one stream of audio, found a second one"):
        load_audio(replace(cut.recording, sources=[joined]).to_cut(), 16000)


def test_of_a_recording_with_a_file_for_each_channel_the_right_file_is_read(tmp_path: Path) -> None:
    files = [write_tone(tmp_path / f"{name}.wav", seconds=seconds) for name, seconds in [("a", 1.0), ("b", 0.9)]]
    both = replace(recording(files[0], 14400), sources=[AudioSource("file", [c], str(f)) for c, f in enumerate(files)])
    second = MonoCut("c", 0, 0.9, 1, recording=both)
    np.testing.assert_array_equal(load_audio(second, 16000), soundfile.read(files[1], dtype="float32")[0])
    with pytest.raises(InputError, match=r"a\.wav: expected 14400 samples as its recording declares, found 16000"):
        load_audio(MonoCut("c", 0, 0.9, 0, recording=both), 16000)


def test_a_wrong_number_of_channels_is_refused(tmp_path: Path) -> None:
    file = write_tone(tmp_path / "a.wav", channels=2)
    cut = recording(file, 16000).to_cut()
    with pytest.raises(InputError, match="expected 1 channels as its recording declares, found 2"):
        check_recording(cut.recording, source_of(cut), str(file))


@pytest.mark.parametrize("kind", ["command", "url"])
def test_audio_from_a_command_or_the_network_is_neither_run_nor_fetched(tmp_path: Path, kind: str) -> None:
    source = AudioSource(kind, [0], f"touch {tmp_path / 'run'}")
    cut = replace(recording(tmp_path / "a"), sources=[source]).to_cut()
    with pytest.raises(InputError, match=f"found the source '{kind}', which is not run or fetched"):
        load_audio(cut, 16000)
    assert not (tmp_path / "run").exists()


def test_a_lazily_resampled_cut_is_held_against_the_file_before_it(tmp_path: Path) -> None:
    pytest.importorskip("torchaudio", reason="Lhotse resamples with torchaudio")
    file = write_tone(tmp_path / "a.wav", rate=8000)
    cut = recording(file, 8000, 8000).to_cut().resample(16000)
    assert load_audio(cut, 16000).shape == (16000,)
    write_tone(file, rate=8000, seconds=0.9)
    with pytest.raises(InputError, match="expected 8000 samples as its recording declares, found 7200"):
        load_audio(cut, 16000)


def test_a_transform_that_lhotse_cannot_run_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cut = recording(write_tone(tmp_path / "a.wav"), 16000).to_cut().resample(8000)

    def fail(*arguments: object, **options: object) -> None:
        raise ImportError("No module named 'torchaudio'")

    monkeypatch.setattr(MonoCut, "load_audio", fail)
    with pytest.raises(InputError, match=r"but it failed \(No module named 'torchaudio'\); install torchaudio"):
        load_audio(cut, 8000)
