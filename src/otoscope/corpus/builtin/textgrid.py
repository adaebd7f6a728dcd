"""Audio with Praat TextGrids, as the Montreal Forced Aligner writes them."""

import shlex
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from otoscope.corpus.builtin.audio import speakers
from otoscope.corpus.file_index import FileIndex
from otoscope.corpus.formats import CorpusFormat, Layout
from otoscope.corpus.praat import Tier, read_grid
from otoscope.corpus.utterance import Annotation, Utterance
from otoscope.errors import InputError

SUFFIX = ".textgrid"


def textgrids(listing: FileIndex, tier: str | None = None) -> Iterator[Utterance]:
    """Yield one utterance per audio file, with phones from `tier`, by default the one named phones.

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
    grid = read_grid(file)
    words = _named("word", grid.tiers)
    phones = _phone_tier(grid.tiers, tier, id).intervals
    return Annotation(None, phones, words[0].intervals if len(words) == 1 else [], (grid.start, grid.end))


def _phone_tier(tiers: Sequence[Tier], name: str | None, id: str) -> Tier:
    chosen = [tier for tier in tiers if tier.name == name] if name else _named("phone", tiers)
    if not chosen:
        present = ", ".join(tier.name or "(no name)" for tier in tiers) or "none"
        others = [f"Pass --tier {shlex.quote(tier.name)}" for tier in tiers if tier.name]
        remedy = others[0] if others else "Pass --format audio to leave the labels out"
        raise InputError(f"tier '{name or 'phones'}' not found in cut {id}; tiers present: {present}. {remedy}")
    if len(chosen) > 1:
        several = ", ".join(tier.name for tier in chosen)
        different = len({tier.name for tier in chosen}) > 1
        remedy = f"Pass --tier {shlex.quote(chosen[0].name)}" if different else "Rename all but one in Praat"
        raise InputError(f"several tiers of phones in cut {id}: {several}. {remedy}")
    return chosen[0]


def _named(kind: str, tiers: Iterable[Tier]) -> list[Tier]:
    """Return the tiers named `phone`, `phones` or `speaker - phones` (for the kind phone), in any case."""
    return [tier for tier in tiers if tier.name.lower().split(" - ")[-1] in (kind, f"{kind}s")]


FORMAT = CorpusFormat(
    Layout.LABELS,
    lambda query: has_textgrids(query.files),
    lambda query: textgrids(query.files, query.tier),
    reads=lambda file: file.suffix.lower() == SUFFIX,
    has_tiers=True,
)
