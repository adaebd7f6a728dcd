"""The files of a corpus that belong to no utterance."""

from collections.abc import Iterable
from pathlib import Path

from lhotse import MonoCut

from otoscope.corpus.file_index import stem
from otoscope.corpus.formats import CorpusFormat, CorpusQuery, Layout
from otoscope.corpus.utterance import Utterance


def ignored_files(query: CorpusQuery, format: CorpusFormat, cuts: Iterable[MonoCut]) -> list[Path]:
    """Return the files at `query.path` that a format does not read, or that match no utterance.

    Args:
        query: the corpus; its files are listed already.
        format: the format that reads the corpus.
        cuts: the cuts that were read.

    Returns:
        Audio that no utterance names, label files without their audio, and files that the format does not read.
    """
    used = {source.source for cut in cuts for source in cut.recording.sources if source.type == "file"}
    used |= {str(item.audio) for item in format.read(query) if isinstance(item, Utterance)}
    stems = {stem(file) for file in query.files.audio}
    unused = [file for file in query.files.audio if str(file) not in used]
    for file in query.files.labels.values():
        has_audio = format.layout is Layout.MANIFEST or stem(file) in stems
        if not (format.reads(file) and has_audio):
            unused.append(file)
    return sorted(unused)
