"""Audio with Praat TextGrids, as the Montreal Forced Aligner writes them."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from otoscope.corpus.builtin.audio import speakers
from otoscope.corpus.file_index import FileIndex
from otoscope.corpus.formats import CorpusFormat, Layout
from otoscope.corpus.praat import read_tiers
from otoscope.corpus.utterance import Annotation, Utterance
from otoscope.errors import InputError

SUFFIX = ".textgrid"


def textgrids(listing: FileIndex, tier: str | None = None) -> Iterator[Utterance]:
    """One utterance per audio file, with phones from `tier`, by default the one named phones.

    Words are read where just one tier is named so. Audio without a TextGrid has no labels. The speaker is the folder,
    as in a folder of audio.
    """
    for audio, speaker in zip(listing.audio, speakers(listing), strict=True):
        id, file = listing.id(audio), listing.label_file(audio, SUFFIX)
        if file:
            yield Utterance(id, audio, speaker, annotation=partial(_annotation, file, id, tier))
        else:
            yield Utterance(id, audio, speaker)


def has_textgrids(listing: FileIndex) -> bool:
    """Return whether some audio has a TextGrid."""
    return any(listing.label_file(audio, SUFFIX) for audio in listing.audio)


def _annotation(file: Path, id: str, tier: str | None, sampling_rate: int) -> Annotation:
    tiers = read_tiers(file)
    words = _named("word", tiers)
    phones = tiers[_phone_tier(tiers, tier, id)]
    return Annotation(None, phones, tiers[words[0]] if len(words) == 1 else [])


def _phone_tier(tiers: Iterable[str], tier: str | None, id: str) -> str:
    wanted, present = tier or "phones", ", ".join(tiers) or "none"
    found = [name for name in tiers if name == tier] if tier else _named("phone", tiers)
    if not found:
        remedy = next((f"Pass --tier {name}" for name in tiers), "Pass --format audio to leave the labels out")
        raise InputError(f"tier '{wanted}' not found in cut {id}; tiers present: {present}. {remedy}")
    if len(found) > 1:
        raise InputError(f"several tiers of phones in cut {id}: {', '.join(found)}. Pass --tier {found[0]}")
    return found[0]


def _named(kind: str, tiers: Iterable[str]) -> list[str]:
    """The tiers named `phone`, `phones` or `speaker - phones` (for the kind phone), in any case."""
    return [name for name in tiers if name.lower().split(" - ")[-1] in (kind, f"{kind}s")]


FORMAT = CorpusFormat(
    Layout.LABELS,
    lambda query: has_textgrids(query.files),
    lambda query: textgrids(query.files, query.tier),
    reads=lambda file: file.suffix.lower() == SUFFIX,
    has_tiers=True,
)
