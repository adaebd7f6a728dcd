"""Which layout a corpus has."""

from pathlib import Path

from otoscope.corpus.builtin.kaldi import is_kaldi
from otoscope.corpus.builtin.lhotse import is_manifest
from otoscope.corpus.builtin.textgrid import has_textgrids
from otoscope.corpus.builtin.timit import is_timit
from otoscope.corpus.file_index import Listing
from otoscope.errors import InputError

LABELLED = {"timit": is_timit, "textgrid": has_textgrids}
FORMATS = ("audio", "timit", "textgrid", "kaldi", "lhotse")


def recognise(path: Path, listing: Listing) -> str:
    """The format of the corpus at `path`, one of `FORMATS`.

    Lhotse: a file *.jsonl(.gz), or a folder with manifests of cuts or recordings. Kaldi: `wav.scp` or `utt2spk`.
    TIMIT: `.phn` or `.wrd` beside the audio. TextGrid: `.TextGrid` beside the audio. Otherwise: audio.
    """
    if is_manifest(path):
        return "lhotse"
    if is_kaldi(path):
        return "kaldi"
    require("audio", path, listing)
    labelled = [format for format, present in LABELLED.items() if present(listing)]
    if len(labelled) > 1:
        choices = " or ".join(labelled)
        raise InputError(f"{path}: labels of several formats lie beside the audio; choose with --format {choices}")
    return labelled[0] if labelled else "audio"


def require(format: str, path: Path, listing: Listing) -> None:
    """Raise `InputError` where `path` lacks the audio, or the labels beside it, that make a corpus of this format."""
    if not listing.audio:
        raise InputError(f"{path}: no audio found (wav, flac, ogg, opus, mp3); check the path of the corpus")
    if format in LABELLED and not LABELLED[format](listing):
        raise InputError(f"{path}: no labels of format {format} found beside the audio; leave --format out")
