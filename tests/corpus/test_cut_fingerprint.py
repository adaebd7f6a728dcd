"""A fingerprint changes with what was measured, and with nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.helpers.corpus_tones import write_tone

from otoscope.corpus import fingerprint, read_corpus
from otoscope.errors import InputError


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    for speaker in ("anna", "ben"):
        write_tone(folder / speaker / "u1.wav").with_suffix(".phn").write_text("0 8000 aa\n8000 16000 b\n")
    return folder


def test_a_copy_elsewhere_has_the_same_fingerprint(corpus: Path, tmp_path: Path) -> None:
    shutil.copytree(corpus, tmp_path / "copy")
    assert fingerprint(read_corpus(tmp_path / "copy")) == fingerprint(read_corpus(corpus))


def test_the_order_of_the_cuts_does_not_matter(corpus: Path) -> None:
    cuts = list(read_corpus(corpus))
    assert fingerprint(cuts[::-1]) == fingerprint(cuts)


def change_a_label(corpus: Path) -> None:
    (corpus / "anna" / "u1.phn").write_text("0 8000 ae\n8000 16000 b\n")


def move_a_boundary(corpus: Path) -> None:
    (corpus / "anna" / "u1.phn").write_text("0 8001 aa\n8001 16000 b\n")


def rename_a_speaker(corpus: Path) -> None:
    (corpus / "anna").rename(corpus / "anne")


def remove_an_utterance(corpus: Path) -> None:
    for file in (corpus / "anna").glob("u1.*"):
        file.unlink()


def change_one_sample(corpus: Path) -> None:
    file = corpus / "anna" / "u1.wav"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    "change", [change_a_label, move_a_boundary, rename_a_speaker, remove_an_utterance, change_one_sample]
)
def test_any_change_of_the_content_changes_it(corpus: Path, change: Callable[[Path], None]) -> None:
    before = fingerprint(read_corpus(corpus))
    change(corpus)
    assert fingerprint(read_corpus(corpus)) != before


def test_audio_that_vanished_is_named(corpus: Path) -> None:
    cuts = read_corpus(corpus)
    for file in (corpus / "anna").glob("u1.*"):
        file.unlink()
    with pytest.raises(InputError, match=r"u1\.wav: expected an audio file, but it cannot be read"):
        fingerprint(cuts)
