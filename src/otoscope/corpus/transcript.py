"""Read what is said in a cut."""

from collections.abc import Iterable
from pathlib import Path

from lhotse import MonoCut

from otoscope.corpus.audio import audio_path
from otoscope.corpus.supervisions import words_of
from otoscope.errors import InputError

TEXT_SUFFIXES = (".txt", ".lab")


def text_of(cut: MonoCut) -> str | None:
    """Return the text of a cut: that of the corpus, of its words, or of a file `.txt` or `.lab` with the same name.

    Returns:
        The text, or None if there is none.

    Raises:
        InputError: the file is not in UTF-8.
    """
    texts = [supervision.text for supervision in cut.supervisions if supervision.text]
    if texts := texts or [word for word, _, _ in words_of(cut)]:
        return " ".join(texts)
    for suffix in TEXT_SUFFIXES:
        path = Path(audio_path(cut)).with_suffix(suffix)
        if path.is_file():
            try:
                return path.read_text(encoding="utf-8-sig").strip() or None
            except UnicodeDecodeError:
                raise InputError(f"{path}: expected text in UTF-8; convert the file") from None
    return None


def texts_of(cuts: Iterable[MonoCut]) -> list[str]:
    """Return the text of each cut; empty without one.

    Raises:
        InputError: a file is not in UTF-8.
    """
    return [text_of(cut) or "" for cut in cuts]
