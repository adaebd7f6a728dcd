"""Read any speech corpus as Lhotse cuts: audio that is checked, with phones, words and speakers."""

from otoscope.corpus.audio import load_audio
from otoscope.corpus.fingerprint import fingerprint
from otoscope.corpus.formats import FORMATS, CorpusFormat, CorpusQuery, Layout, UnreadCut
from otoscope.corpus.reader import SkippedUtterance, read_corpus
from otoscope.corpus.supervisions import phones_of, speaker_of, words_of
from otoscope.corpus.utterance import Annotation, Utterance

__all__ = [
    "FORMATS",
    "Annotation",
    "CorpusFormat",
    "CorpusQuery",
    "Layout",
    "SkippedUtterance",
    "UnreadCut",
    "Utterance",
    "fingerprint",
    "load_audio",
    "phones_of",
    "read_corpus",
    "speaker_of",
    "words_of",
]
