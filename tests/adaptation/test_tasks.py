"""What a search learns from, and what tests it, share neither utterances nor speakers."""

import shutil
from pathlib import Path

import pytest
from tests.helpers.corpus_tones import write_tone

from otoscope.adaptation.material import Role
from otoscope.adaptation.options import AdaptationOptions
from otoscope.adaptation.tasks import read_materials
from otoscope.errors import InputError


def save_speech(folder: Path, speakers: str, seconds: float) -> Path:
    for at, speaker in enumerate(speakers):
        write_tone(folder / speaker / f"{speaker}{seconds}.wav", seconds + at / 100)
    return folder


def test_another_corpus_tests_and_all_speakers_of_the_first_are_learned_from(tmp_path: Path) -> None:
    options = AdaptationOptions(
        adapt=save_speech(tmp_path / "learn", "abcde", 0.1), adapt_test=save_speech(tmp_path / "test", "xy", 0.2)
    )
    material = read_materials(options).adapt
    assert material is not None
    assert {material.groups[index] for index in material.indices(Role.test)} == {"x", "y"}
    assert len(material.indices(Role.train)) + len(material.indices(Role.validation)) == 5


def test_a_test_corpus_with_the_same_audio_or_speaker_is_refused(tmp_path: Path) -> None:
    learn = save_speech(tmp_path / "learn", "abc", 0.1)
    copy = shutil.copytree(learn, tmp_path / "copy")
    with pytest.raises(InputError, match="share no utterance"):
        read_materials(AdaptationOptions(adapt=learn, adapt_test=copy))
    other = save_speech(tmp_path / "other", "cd", 0.2)
    with pytest.raises(InputError, match=r"other speakers or kinds .* found c in both"):
        read_materials(AdaptationOptions(adapt=learn, adapt_test=other))


def test_a_guard_whose_test_corpus_is_learned_from_is_refused(tmp_path: Path) -> None:
    learn, guard = (save_speech(tmp_path / name, name, seconds) for name, seconds in (("abc", 0.1), ("xyz", 0.2)))
    with pytest.raises(InputError, match="--guard to share no utterance with --adapt"):
        read_materials(AdaptationOptions(adapt=learn, guard=guard, guard_test=learn))


def test_a_test_corpus_belongs_to_its_corpus(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="--guard-test belongs to --guard"):
        AdaptationOptions(adapt=tmp_path, guard_test=tmp_path).check()
