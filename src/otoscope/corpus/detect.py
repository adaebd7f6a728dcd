"""Detect the format of a corpus."""

from otoscope.corpus import FORMATS
from otoscope.corpus.formats import CorpusQuery, Layout
from otoscope.errors import InputError


def detect_format(query: CorpusQuery) -> str:
    """Return the name of the format of a corpus.

    Manifests come first, then label files next to the audio, then audio without labels.

    Raises:
        InputError: there is no audio, or there are labels of several formats.
    """
    manifests = sorted(_matching(query, Layout.MANIFEST), key=lambda name: -FORMATS.get(name).priority)
    if manifests:
        return manifests[0]
    check_format("audio", query)
    labelled = _of_highest_priority(_matching(query, Layout.LABELS))
    if len(labelled) > 1:
        choices = " or ".join(labelled)
        raise InputError(f"{query.path}: expected labels of one format, found several; choose with --format {choices}")
    return labelled[0] if labelled else "audio"


def _of_highest_priority(names: list[str]) -> list[str]:
    highest = max((FORMATS.get(name).priority for name in names), default=0)
    return [name for name in names if FORMATS.get(name).priority == highest]


def check_format(name: str, query: CorpusQuery) -> None:
    """Raise InputError unless a corpus has the audio and the labels of its format."""
    layout = FORMATS.get(name).layout
    if layout is Layout.MANIFEST:
        return
    if not query.files.audio:
        raise InputError(f"{query.path}: no audio found (wav, flac, ogg, opus, mp3); check the path of the corpus")
    if layout is Layout.LABELS and not FORMATS.get(name).matches(query):
        raise InputError(f"{query.path}: expected labels of format {name} next to the audio, found none; omit --format")


def _matching(query: CorpusQuery, layout: Layout) -> list[str]:
    formats = FORMATS.select().items()
    return [name for name, format in formats if format.layout is layout and format.matches(query)]
