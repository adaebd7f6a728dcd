"""What the files of a corpus say about a check: its format, ignored files, and why utterances are skipped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lhotse import CutSet, MonoCut

from otoscope.analysis.corpus_report import Problem
from otoscope.corpus import FORMATS, CorpusQuery, Utterance
from otoscope.corpus.detect import detect_format
from otoscope.corpus.file_index import list_files
from otoscope.corpus.ignored import ignored_files
from otoscope.corpus.recording import open_recording
from otoscope.errors import InputError
from otoscope.runs.speech_source import SpeechSource


@dataclass(frozen=True)
class CorpusFiles:
    """The files of a corpus.

    Attributes:
        format: name of the format.
        ids: ids of the utterances that were read.
        ignored: files that belong to no utterance, as paths from the corpus.
        audio: audio file of each utterance that the format lists; None if it has none.
        channel: channel of the audio that the user chose.
    """

    format: str
    ids: frozenset[str]
    ignored: tuple[str, ...] = ()
    audio: Mapping[str, Path | None] = field(default_factory=dict)
    channel: int | None = None

    def problem(self, id: str) -> Problem:
        """Return the kind of problem of an utterance that was skipped: its labels, if its audio alone can be read."""
        if id in self.ids:
            return Problem.ID
        if id not in self.audio:
            return Problem.MANIFEST
        audio = self.audio[id]
        if audio is None:
            return Problem.AUDIO
        try:
            open_recording(audio, id, self.channel)
        except InputError:
            return Problem.AUDIO
        return Problem.LABELS


def read_files(source: SpeechSource, cuts: Sequence[MonoCut]) -> CorpusFiles:
    """Return the files of a corpus of which `cuts` were read."""
    ids = frozenset(cut.id for cut in cuts)
    if isinstance(source.corpus, CutSet):
        return CorpusFiles("cuts", ids)
    path, channel = Path(source.name), source.reading["channel"]
    query = CorpusQuery(path, list_files(path), source.reading["tier"], channel)
    name = source.reading["format"] or detect_format(query)
    audio = {item.id: item.audio for item in FORMATS.get(name).read(query) if isinstance(item, Utterance)}
    ignored = ignored_files(query, FORMATS.get(name), cuts, filter(None, audio.values()))
    paths = tuple(file.relative_to(query.files.root).as_posix() for file in ignored)
    return CorpusFiles(name, ids, paths, audio, channel)
