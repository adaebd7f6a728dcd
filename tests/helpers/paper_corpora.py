"""Corpora in the folders of the paper's corpora, made of the bundled speech; recipes that train in a second."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import soundfile

from otoscope import bundled, read_corpus

RECIPE = """
[data]
train = ["from the command line"]
validation = ["from the command line"]
[model]
hidden_size = 16
num_hidden_layers = 2
num_attention_heads = 2
intermediate_size = 16
initializer_range = 0.3
[masking]
span = {span}
[batching]
size = 2
crop = 40
[training]
max_steps = 2
save_steps = 1
use_cpu = true
"""
TIMIT = {"FCJF0": "slt", "MDAB0": "rms"}
LIBRISPEECH = {"84": "awb", "174": "kal16"}


@dataclass(frozen=True)
class PaperCorpora:
    """Paths that a user would type."""

    pretrain: Path
    phones: Path
    speakers: Path
    alignments: Path
    recipes: Path


def paper_corpora(root: Path) -> PaperCorpora:
    """`TIMIT/TEST` in SPHERE files, `LibriSpeech/...` in FLAC, TextGrids in a tree of their own; recipes."""
    timit(root / "TIMIT" / "TEST")
    for part in ("train-clean-360", "test-clean"):
        librispeech(root / "LibriSpeech" / part, root / "alignments" / part)
    (root / "recipes").mkdir()
    for span in (3, 6, 9):
        (root / "recipes" / f"m{span}.toml").write_text(RECIPE.format(span=span))
    return paper_paths(root)


def paper_paths(root: Path) -> PaperCorpora:
    """Return the paths of what `paper_corpora` wrote."""
    speech = root / "LibriSpeech"
    alignments = root / "alignments" / "test-clean"
    return PaperCorpora(
        speech / "train-clean-360", root / "TIMIT" / "TEST", speech / "test-clean", alignments, root / "recipes"
    )


def timit(folder: Path) -> None:
    """Two speakers with two sentences each: `DR1/FCJF0/SA1.WAV`, which is SPHERE, and its `.PHN`."""
    cuts = {cut.id: cut for cut in read_corpus(bundled.speech())}
    for speaker, voice in TIMIT.items():
        (folder / "DR1" / speaker).mkdir(parents=True)
        for number, cut in enumerate([cut for id, cut in cuts.items() if id.startswith(voice)][:2], start=1):
            wave, rate = soundfile.read(cut.recording.sources[0].source)
            stem = folder / "DR1" / speaker / f"SA{number}"
            soundfile.write(f"{stem}.WAV", wave, rate, format="NIST", subtype="PCM_16")
            phones = cut.supervisions[0].alignment["phone"]
            lines = [f"{int(p.start * rate)} {int(p.end * rate)} {p.symbol.lower()}" for p in phones]
            Path(f"{stem}.PHN").write_text("\n".join(lines) + "\n")


def librispeech(folder: Path, alignments: Path) -> None:
    """Two speakers with two utterances each: `84/121123/84-121123-0000.flac`, with transcripts; TextGrids elsewhere."""
    for speaker, voice in LIBRISPEECH.items():
        chapter = f"{speaker}/121123"
        for root in (folder, alignments):
            (root / chapter).mkdir(parents=True)
        for number, flac in enumerate(sorted((bundled.speech() / voice).glob("*.flac"))[:2]):
            name = f"{speaker}-121123-{number:04}"
            shutil.copy(flac, folder / chapter / f"{name}.flac")
            shutil.copy(flac.with_suffix(".TextGrid"), alignments / chapter / f"{name}.TextGrid")
        (folder / chapter / f"{speaker}-121123.trans.txt").write_text(f"{name} WORDS\n")
