"""Audio beside Praat TextGrids, as the Montreal Forced Aligner writes them."""

from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from praatio.textgrid import IntervalTier, openTextgrid
from praatio.utilities.errors import TextgridException

from otoscope.corpus.audio_folder import speakers
from otoscope.corpus.files import Listing
from otoscope.corpus.labels import Interval
from otoscope.corpus.utterance import Annotation, Utterance
from otoscope.errors import BadInput

SUFFIX = ".textgrid"


def textgrids(listing: Listing, tier: str | None = None) -> Iterator[Utterance]:
    """One utterance per audio file, with phones from `tier` (by default the one named phones) and the tier of words.

    Audio without a TextGrid has no labels; the speaker is the folder, as in a folder of audio.
    """
    for audio, speaker in zip(listing.audio, speakers(listing), strict=True):
        id, file = listing.id(audio), listing.beside(audio, SUFFIX)
        if file:
            yield Utterance(id, audio, speaker, annotation=partial(_annotation, file, id, tier))
        else:
            yield Utterance(id, audio, speaker)


def has_textgrids(listing: Listing) -> bool:
    """Whether a TextGrid lies beside some of the audio."""
    return any(listing.beside(audio, SUFFIX) for audio in listing.audio)


def _annotation(file: Path, id: str, tier: str | None, sampling_rate: int) -> Annotation:
    tiers = read_tiers(file)
    phones, words = tier or _named("phone", tiers), _named("word", tiers)
    if phones not in tiers:
        raise BadInput(
            f"tier '{tier or 'phones'}' not found in cut {id}; interval tiers present: {', '.join(tiers) or 'none'}. "
            + (f"Pass --tier {next(iter(tiers))}" if tiers else "Pass --format audio to leave the labels out")
        )
    return Annotation(None, tiers[phones], tiers[words] if words else [])


def _named(kind: str, tiers: Iterable[str]) -> str | None:
    """The tier named `phone`, `phones` or `speaker - phones`, in any case."""
    return next((name for name in tiers if name.lower().split(" - ")[-1] in (kind, f"{kind}s")), None)


def read_tiers(file: Path) -> dict[str, list[Interval]]:
    """The interval tiers of a TextGrid in long or short form, by name; intervals without a label are gaps.

    Raises `BadInput` where the file is no TextGrid, or where intervals of a tier overlap or have no length.
    """
    try:
        grid = openTextgrid(str(file), includeEmptyIntervals=False, reportingMode="silence")
    except TextgridException as error:
        raise BadInput(f"{file}: {error}; correct the labels") from None
    except Exception:  # the parser fails in as many ways as a text can be broken
        raise BadInput(f"{file}: expected a Praat TextGrid in long or short form, but it cannot be read") from None
    return {
        tier.name: [Interval(entry.label, entry.start, entry.end) for entry in tier.entries]
        for tier in grid.tiers
        if isinstance(tier, IntervalTier)
    }
