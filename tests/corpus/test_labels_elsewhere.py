"""Labels in another tree than the audio are read as if they were next to it."""

import shutil
from pathlib import Path

import pytest

from otoscope import bundled, read_corpus
from otoscope.errors import InputError


@pytest.fixture
def librispeech(tmp_path: Path) -> tuple[Path, Path]:
    """Audio as `84/121123/84-121123-0000.flac`, and a tree of TextGrids with the same subfolders."""
    audio, labels = tmp_path / "LibriSpeech" / "test-clean", tmp_path / "alignments" / "test-clean"
    for speaker, voice in (("84", "awb"), ("174", "slt")):
        for number, flac in enumerate(sorted((bundled.speech() / voice).glob("*.flac"))[:2]):
            place = Path(speaker) / "121123" / f"{speaker}-121123-{number:04}"
            for root, file in ((audio, flac), (labels, flac.with_suffix(".TextGrid"))):
                (root / place).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, (root / place).with_suffix(file.suffix))
    return audio, labels


def test_textgrids_of_another_tree_label_the_audio_of_the_same_name(librispeech: tuple[Path, Path]) -> None:
    audio, labels = librispeech
    cuts = list(read_corpus(audio, labels=labels))
    assert [cut.id for cut in cuts][:2] == ["174/121123/174-121123-0000", "174/121123/174-121123-0001"]
    assert {cut.supervisions[0].speaker for cut in cuts} == {"84", "174"}
    shutil.copytree(labels, audio, dirs_exist_ok=True)
    siblings = list(read_corpus(audio))
    phones = [[cut.supervisions[0].alignment["phone"] for cut in part] for part in (cuts, siblings)]
    assert phones[0] == phones[1]
    assert all(phones[0])


def test_a_tree_that_labels_none_of_the_audio_is_refused(librispeech: tuple[Path, Path], tmp_path: Path) -> None:
    audio, _ = librispeech
    with pytest.raises(InputError, match="no labels found for the audio"):
        read_corpus(audio, labels=tmp_path)
    with pytest.raises(InputError, match="expected a folder of audio and a folder of its labels"):
        read_corpus(audio, labels=tmp_path / "missing")
