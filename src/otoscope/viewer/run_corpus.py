"""The corpus of a run: labels and audio of the utterances whose maps the run does not store. It needs no model."""

from collections.abc import Mapping

from lhotse import MonoCut

from otoscope.analysis.stored_maps import load_run_cuts
from otoscope.corpus import phones_of, words_of
from otoscope.corpus.supervisions import Labels
from otoscope.errors import InputError
from otoscope.results import Run
from otoscope.viewer.audio import AudioSegment
from otoscope.viewer.background import run_in_background
from otoscope.viewer.errors import NotReadyError

READING = "reading the corpus"


class RunCorpus:
    """The cuts of a run's corpus by id, read in a thread."""

    def __init__(self, run: Run) -> None:
        """Start to read."""
        self._run = run
        self._cuts = run_in_background(lambda: {cut.id: cut for cut in load_run_cuts(run)})

    def cuts(self) -> Mapping[str, MonoCut]:
        """Wait for the cuts, and return them by id. Raises InputError where the corpus is gone or has changed."""
        return self._cuts.result()

    def cut(self, utterance: str, *, wait: bool = False) -> MonoCut:
        """Return the cut of an utterance; `wait` for the corpus if it is needed.

        Raises:
            NotReadyError: the corpus has not been read yet.
            InputError: the corpus is gone or has changed.
        """
        if not (wait or self._cuts.done()):
            raise NotReadyError(READING)
        if utterance not in self.cuts():
            raise InputError(
                f"the corpus of {self._run.path} no longer has the utterance '{utterance}'; analyze it again"
            )
        return self.cuts()[utterance]

    def labels(self, utterance: str) -> tuple[Labels, Labels]:
        """Return phones and words of an utterance: symbol, start and end in seconds. Raises what `cut` raises."""
        cut = self.cut(utterance)
        return phones_of(cut), words_of(cut)

    def audio(self, utterance: str) -> AudioSegment:
        """Return where the audio of an utterance is. Raises what `cut` raises."""
        cut = self.cut(utterance)
        source = next(source for source in cut.recording.sources if cut.channel in source.channels)
        return AudioSegment(str(source.source), cut.start, cut.duration, source.channels.index(cut.channel))
