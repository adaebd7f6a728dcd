"""Any speech corpus as Lhotse cuts: audio that is checked, with phones, words and speakers where they are known."""

from otoscope.corpus.audio import load_audio
from otoscope.corpus.detect import FORMATS
from otoscope.corpus.fingerprint import fingerprint
from otoscope.corpus.reader import Skipped, read_corpus

__all__ = ["FORMATS", "Skipped", "fingerprint", "load_audio", "read_corpus"]
