"""The bundled speech matches its README: enough voices and phones, a small size, exact labels."""

import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
from praatio import textgrid
from praatio.utilities.constants import Interval

from otoscope.bundled import speech
from otoscope.corpus import read_corpus

ARPABET = set(
    "AA AE AH AO AW AY B CH D DH EH ER EY F G HH IH IY JH K L M N NG OW OY P R S SH T TH UH UW V W Y Z ZH".split()
)
AUDIO = sorted(speech().glob("*/*.flac"))
MAKE_SPEECH = Path(__file__).parents[2] / "scripts" / "make_speech.py"


def tier(audio: Path, name: str) -> list[Interval]:
    grid = textgrid.openTextgrid(str(audio.with_suffix(".TextGrid")), includeEmptyIntervals=False)
    return list(grid.getTier(name).entries)


def all_phones() -> list[str]:
    return [phone.label for audio in AUDIO for phone in tier(audio, "phones")]


@pytest.fixture(params=AUDIO, ids=lambda path: f"{path.parent.name}/{path.stem}")
def audio(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_there_are_enough_utterances_by_enough_voices():
    utterances = Counter(path.parent.name for path in AUDIO)
    assert len(utterances) >= 4
    assert utterances.total() >= 32


def test_the_folder_stays_within_two_megabytes():
    assert sum(path.stat().st_size for path in speech().rglob("*") if path.is_file()) <= 2_000_000


def test_every_phone_of_the_set_occurs_and_no_other():
    assert set(all_phones()) == ARPABET | {"SIL"}


def test_phones_tile_the_audio_without_gap_or_overlap(audio):
    phones = tier(audio, "phones")
    edges = [phones[0].start, *(phone.end for phone in phones)]
    assert edges[0] == 0
    assert [phone.start for phone in phones] == edges[:-1]
    assert min(np.diff(edges)) > 0.01
    assert edges[-1] == pytest.approx(soundfile.info(audio).duration, abs=1e-9)


def test_words_begin_and_end_with_phones_and_cover_all_but_silence(audio):
    phones, words = tier(audio, "phones"), tier(audio, "words")
    assert {word.start for word in words} <= {phone.start for phone in phones}
    assert {word.end for word in words} <= {phone.end for phone in phones}
    spoken = [phone.label for phone in phones if any(w.start <= phone.start and phone.end <= w.end for w in words)]
    assert spoken == [phone.label for phone in phones if phone.label != "SIL"]


def test_audio_is_16000_hz_mono_at_one_level(audio):
    samples, rate = soundfile.read(audio)
    assert (samples.ndim, rate) == (1, 16000)
    assert 10 * np.log10(np.mean(samples**2)) == pytest.approx(-30, abs=0.1)


STEP = 8  # samples between two spectra, 0.5 ms


def log_spectra(audio: Path) -> np.ndarray:
    """Log power [time, 129 frequencies to 8 kHz], 10 ms windows centred every 0.5 ms."""
    samples, _ = soundfile.read(audio)
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(samples, 80), 160)[::STEP]
    return np.log(np.abs(np.fft.rfft(windows * np.hanning(160), 256)) ** 2 + 1e-6)


@cache
def phone_spectra(voice: str) -> dict[str, np.ndarray]:
    """The mean log spectrum of each phone of a voice."""
    stretches = defaultdict(list)
    for audio in (path for path in AUDIO if path.parent.name == voice):
        spectra = log_spectra(audio)
        for phone in tier(audio, "phones"):
            stretches[phone.label].append(spectra[int(phone.start * 16000 / STEP) : int(phone.end * 16000 / STEP)])
    return {phone: np.concatenate(parts).mean(axis=0) for phone, parts in stretches.items()}


voices = pytest.mark.parametrize("voice", sorted({path.parent.name for path in AUDIO}))


@voices
def test_silence_is_quieter_than_every_phone(voice):
    level = {phone: spectrum.mean() for phone, spectrum in phone_spectra(voice).items()}
    assert min(level, key=level.get) == "SIL"


@voices
def test_sibilants_have_their_energy_high_and_vowels_low(voice):
    def tilt(phone):
        spectrum = phone_spectra(voice)[phone]
        return spectrum[64:].mean() - spectrum[:24].mean()  # above 4 kHz minus below 1.5 kHz

    assert min(tilt("S"), tilt("SH")) > max(tilt("AH"), tilt("AY"), tilt("OW")) + 5


@voices
def test_the_spectrum_changes_most_at_the_labels(voice):
    """Labels shifted by 20 ms would be at frames where the spectrum changes less."""
    span = 20  # spectra before and after a boundary, 10 ms apart, are compared
    changes = {shift: [] for shift in (-40, 0, 40)}  # in steps of 0.5 ms
    for audio in (path for path in AUDIO if path.parent.name == voice):
        spectra = log_spectra(audio)
        change = np.linalg.norm(spectra[span:] - spectra[:-span], axis=1)
        for phone in tier(audio, "phones")[:-1]:
            at = round(phone.end * 16000 / STEP) - span // 2
            for shift, values in changes.items():
                values.append(change[at + shift])
    mean = {shift: np.mean(values) for shift, values in changes.items()}
    assert mean[0] > 1.1 * max(mean[-40], mean[40])


def test_read_corpus_recognises_its_format():
    cuts = list(read_corpus(speech()))
    assert [cut.id for cut in cuts] == [f"{path.parent.name}/{path.stem}" for path in AUDIO]
    for cut, audio in zip(cuts, AUDIO, strict=True):
        (supervision,) = cut.supervisions
        assert supervision.speaker == audio.parent.name
        assert [item.symbol for item in supervision.alignment["phone"]] == [p.label for p in tier(audio, "phones")]


def test_the_script_makes_the_same_speech_again(tmp_path):
    """Skipped without flite, which is needed to make the speech and not to use it."""
    if not shutil.which("flite"):
        pytest.skip("flite is not installed")
    subprocess.run([sys.executable, MAKE_SPEECH, tmp_path], check=True, capture_output=True)
    for audio in AUDIO:
        again = tmp_path / audio.relative_to(speech())
        assert again.with_suffix(".TextGrid").read_text() == audio.with_suffix(".TextGrid").read_text()
        np.testing.assert_allclose(soundfile.read(again)[0], soundfile.read(audio)[0], atol=1e-3)
