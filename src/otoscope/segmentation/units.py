"""Units of a cut: its phones, its syllables or its words."""

from lhotse import MonoCut

from otoscope.corpus import phones_of, words_of
from otoscope.phones.syllables import syllables
from otoscope.segmentation.boundaries import ROUNDING
from otoscope.segmentation.levels import BoundaryLevel

Units = list[tuple[str, float, float]]
"""Symbol, start and end in seconds of each unit, in order and apart; a silence between two has no symbol."""


def units_of(cut: MonoCut, level: BoundaryLevel) -> Units:
    """Return the units of a cut; empty if it has no labels of that kind.

    Phones are those of the corpus. Between syllables and words, audio without a label is a silence, so that the first
    and the last unit have two boundaries, as phones next to the silence of an utterance have.

    Raises:
        InputError: syllables need a phone that has no class.
    """
    if level.name == "phone":
        return phones_of(cut)
    units = words_of(cut) if level.name == "word" else syllables(phones_of(cut))
    return with_silences(units, cut.duration) if units else []


def with_silences(units: Units, seconds: float) -> Units:
    """Return units with a silence in every gap; a unit that overlaps the one before starts at its end.

    >>> with_silences([("oh", 0.1, 0.4), ("no", 0.3, 0.6)], 0.6)
    [('', 0.0, 0.1), ('oh', 0.1, 0.4), ('no', 0.4, 0.6)]
    """
    filled: Units = []
    time = 0.0
    for symbol, start, end in units:
        if start > time + ROUNDING:
            filled.append(("", time, start))
        start = max(start, time)
        if end > start + ROUNDING:
            filled.append((symbol, start, end))
            time = end
    return [*filled, ("", time, seconds)] if time + ROUNDING < seconds else filled
