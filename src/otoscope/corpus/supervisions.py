"""Read the speaker, the phones and the words of a cut from all of its supervisions."""

from lhotse import MonoCut

Labels = list[tuple[str, float, float]]
"""Symbol, start and end in seconds from the start of the cut, in order of time."""


def speaker_of(cut: MonoCut) -> str | None:
    """Return the speaker of a cut, or None if it has no speaker or more than one.

    Supervisions without a speaker do not count. A cut in which two speakers talk belongs to neither: no speaker
    probe and no split by speaker may count it as speech of the first.

    Args:
        cut: an utterance with any number of supervisions.

    Returns:
        The one speaker that the supervisions name.

    Examples:
        >>> from otoscope.bundled import speech
        >>> from otoscope.corpus import read_corpus
        >>> speaker_of(next(iter(read_corpus(speech()))))
        'awb'
    """
    speakers = {supervision.speaker for supervision in cut.supervisions if supervision.speaker}
    return speakers.pop() if len(speakers) == 1 else None


def phones_of(cut: MonoCut) -> Labels:
    """Return the phones of a cut; an empty list if it has none.

    Args:
        cut: an utterance; the phones of all its supervisions count.

    Returns:
        Symbol, start and end of each phone, in seconds from the start of the cut, in order of time.

    Examples:
        >>> from otoscope.bundled import speech
        >>> from otoscope.corpus import read_corpus
        >>> phones_of(next(iter(read_corpus(speech()))))[0][0]
        'SIL'
    """
    return _labels(cut, "phone")


def words_of(cut: MonoCut) -> Labels:
    """Return the words of a cut; an empty list if it has none.

    Args:
        cut: an utterance; the words of all its supervisions count.

    Returns:
        Symbol, start and end of each word, in seconds from the start of the cut, in order of time.

    Examples:
        >>> from otoscope.bundled import speech
        >>> from otoscope.corpus import read_corpus
        >>> cut = next(iter(read_corpus(speech())))
        >>> words_of(cut)[0][1] >= phones_of(cut)[0][1]
        True
    """
    return _labels(cut, "word")


def _labels(cut: MonoCut, tier: str) -> Labels:
    alignments = (supervision.alignment or {} for supervision in cut.supervisions)
    items = (item for alignment in alignments for item in alignment.get(tier, ()))
    return [(item.symbol, item.start, item.end) for item in sorted(items, key=lambda item: item.start)]
