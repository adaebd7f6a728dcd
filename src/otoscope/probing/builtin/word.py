"""Which word is spoken in a frame? One hidden layer; the tested speakers are not those it was trained on."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from lhotse import MonoCut

from otoscope.corpus import speaker_of, words_of
from otoscope.errors import InputError
from otoscope.probing.builtin.phone import classes_in_time
from otoscope.probing.classifier import ClassificationTask, Classifier, classify
from otoscope.probing.folds import speaker_disjoint_folds
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData
from otoscope.probing.scorer import Cache, Probe

MAX_WORDS = 50  # the words of most speakers; frames of others have no class


def scorer(data: ProbeData, training: Training, cache: Cache) -> Classifier:
    """Return nets on frames. Raise InputError without words of two speakers."""
    class_of = {word: number for number, word in enumerate(_common_words(data.speech.cuts))}
    classes = [
        classes_in_time(
            data.centres(index),
            [(class_of[text.lower()], start, end) for text, start, end in words_of(cut) if text.lower() in class_of],
        )
        for index, cut in enumerate(data.speech.cuts)
    ]
    task = ClassificationTask("word", classes, pooled=False, width=training.width, split=speaker_disjoint_folds)
    return classify(task, data, training, cache)


def _common_words(cuts: Sequence[MonoCut]) -> list[str]:
    """Return the words that two speakers or more say, those of most speakers first, at most `MAX_WORDS`.

    Raises:
        InputError: there are fewer than two.
    """
    speakers = defaultdict[str, set[str | None]](set)
    for cut in cuts:
        for text, _, _ in words_of(cut):
            speakers[text.lower()].add(speaker_of(cut))
    shared = [word for word in sorted(speakers) if len(speakers[word] - {None}) > 1]
    if len(shared) < 2:
        raise InputError(
            "expected word labels for the probe 'word', two words or more that two speakers say, found "
            f"{len(shared)}; choose another probe or corpus"
        )
    return sorted(shared, key=lambda word: (-len(speakers[word]), word))[:MAX_WORDS]


def check(cuts: Sequence[MonoCut]) -> None:
    """Raise InputError if no two words are said by two speakers."""
    _common_words(cuts)
    with_words = [speaker_of(cut) for cut in cuts if words_of(cut)]
    speaker_disjoint_folds(with_words, 2, np.random.default_rng(0))


PROBE = Probe(
    name="word",
    doc="Frames whose word is classified correctly, of speakers that the probe was not trained on.",
    metric="accuracy",
    label="word accuracy",
    units="%",
    higher_is_better=True,
    trained=True,
    scorer=scorer,
    check_cuts=check,
)
