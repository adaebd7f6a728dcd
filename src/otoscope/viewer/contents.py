"""Which utterances of a run contain a phone or a word."""

from collections.abc import Iterable, Sequence

from otoscope.viewer.schema import Span, UtteranceContents


def index_labels(labels: Iterable[tuple[Sequence[Span], Sequence[Span]]]) -> UtteranceContents:
    """Return the numbers of the utterances that contain each phone and each word, from their phones and words.

    Words are in lower case.

    >>> word = Span("Sea", 0.0, 0.4, folded="Sea", group="")
    >>> index_labels([([], [word, word]), ([], []), ([], [word])]).words
    {'sea': [0, 2]}
    """
    phones: dict[str, list[int]] = {}
    words: dict[str, list[int]] = {}
    for number, (own_phones, own_words) in enumerate(labels):
        for phone in {span.folded for span in own_phones}:
            phones.setdefault(phone, []).append(number)
        for word in {span.label.lower() for span in own_words}:
            words.setdefault(word, []).append(number)
    return UtteranceContents(dict(sorted(phones.items())), dict(sorted(words.items())))
