"""Read the speaker, the phones and the words of a cut from all of its supervisions."""

from collections.abc import Iterator

from lhotse import MonoCut, SupervisionSegment

from otoscope.corpus.alignment_origin import alignment_origin

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
    """Return labels in seconds from the start of the cut, clipped to it."""
    labels = [label for supervision in cut.supervisions for label in _labels_of(cut, supervision, tier)]
    return sorted(labels, key=lambda label: label[1])


def _labels_of(cut: MonoCut, supervision: SupervisionSegment, tier: str) -> Iterator[tuple[str, float, float]]:
    items = (supervision.alignment or {}).get(tier, ())
    shift = round(alignment_origin(cut, supervision) - cut.start, ndigits=8) if items else 0.0
    for item in items:
        start, end = (round(time + shift, ndigits=8) if shift else time for time in (item.start, item.end))
        start, end = max(start, 0.0), min(end, cut.duration)
        if end > start:
            yield item.symbol, start, end
