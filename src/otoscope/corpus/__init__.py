"""Any speech corpus as Lhotse cuts: audio that is checked, with phones, words and speakers where they are known."""

from otoscope.corpus.audio import load_audio
from otoscope.corpus.read import Skipped, read_corpus

__all__ = ["Skipped", "load_audio", "read_corpus"]
