"""Read any speech corpus as Lhotse cuts: audio that is checked, with phones, words and speakers."""

from otoscope.corpus.audio import load_audio
from otoscope.corpus.detect import FORMATS
from otoscope.corpus.fingerprint import fingerprint
from otoscope.corpus.reader import Skipped, read_corpus
from otoscope.corpus.supervisions import phones_of, speaker_of, words_of

__all__ = [
    "FORMATS",
    "Skipped",
    "fingerprint",
    "load_audio",
    "phones_of",
    "read_corpus",
    "speaker_of",
    "words_of",
]
