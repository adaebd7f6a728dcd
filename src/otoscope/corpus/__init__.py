"""Read any speech corpus as Lhotse cuts: audio that is checked, with phones, words and speakers."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from otoscope.registry import Registry

if TYPE_CHECKING:  # Lhotse is imported at first use: the command line reads the names of formats alone
    from otoscope.corpus.audio import load_audio
    from otoscope.corpus.cut_fingerprint import fingerprint
    from otoscope.corpus.formats import CorpusFormat, CorpusQuery, Layout, UnreadCut
    from otoscope.corpus.reader import read_corpus
    from otoscope.corpus.supervisions import phones_of, speaker_of, words_of
    from otoscope.corpus.utterance import Annotation, Utterance

FORMATS: "Registry[CorpusFormat]" = Registry("corpus_formats", "otoscope.corpus.builtin", "FORMAT")
"""All corpus formats, those of otoscope and those of installed plug-ins."""

_MODULES = {
    "Annotation": "utterance",
    "CorpusFormat": "formats",
    "CorpusQuery": "formats",
    "Layout": "formats",
    "SkippedUtterance": "utterance",
    "UnreadCut": "formats",
    "Utterance": "utterance",
    "fingerprint": "cut_fingerprint",
    "load_audio": "audio",
    "phones_of": "supervisions",
    "read_corpus": "reader",
    "speaker_of": "supervisions",
    "words_of": "supervisions",
}

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


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
