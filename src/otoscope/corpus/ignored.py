"""The files of a corpus that belong to no utterance."""

from collections.abc import Iterable
from pathlib import Path

from lhotse import MonoCut

from otoscope.corpus.file_index import stem
from otoscope.corpus.formats import CorpusFormat, CorpusQuery, Layout

DOCUMENTS = frozenset({".md", ".pdf", ".html", ".htm", ".rst", ".doc", ".docx"})
DOCUMENT_NAMES = ("readme", "license", "licence", "copying", "changelog")


def ignored_files(
    query: CorpusQuery, format: CorpusFormat, cuts: Iterable[MonoCut], listed: Iterable[str | Path]
) -> list[Path]:
    """Return the files at `query.path` that a format does not read, or that match no utterance.

    Args:
        query: the corpus; its files are listed already.
        format: the format that reads the corpus.
        cuts: the cuts that were read.
        listed: audio files of all utterances that the format lists, those that were skipped too.

    Returns:
        Audio that no utterance names, label files without their audio, and files that the format does not read.
    """
    used = {source.source for cut in cuts for source in cut.recording.sources if source.type == "file"}
    used |= set(map(str, listed))
    stems = {stem(file) for file in query.files.audio}
    unused = [file for file in query.files.audio if str(file) not in used]
    for (name, _), file in query.files.labels.items():
        has_audio = format.layout is Layout.MANIFEST or name in stems
        is_table = file.name.lower() in format.tables
        if not (is_table or _is_document(file) or (format.reads(file) and has_audio)):
            unused.append(file)
    return sorted(unused)


def _is_document(file: Path) -> bool:
    """Return whether a file is written for people, and not meant to be read as labels.

    >>> _is_document(Path("README")), _is_document(Path("u1.lab"))
    (True, False)
    """
    return file.suffix.lower() in DOCUMENTS or file.name.lower().startswith(DOCUMENT_NAMES)
