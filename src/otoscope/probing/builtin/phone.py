"""Which phone is spoken in a frame? One hidden layer; the tested speakers are not those it was trained on."""

from collections.abc import Sequence

import numpy as np
import torch
from lhotse import MonoCut
from torch import Tensor

from otoscope.corpus import phones_of, speaker_of
from otoscope.errors import InputError
from otoscope.phones import fold_phones, sort_phones
from otoscope.probing.classifier import NO_CLASS, ClassificationTask, Classifier, classify
from otoscope.probing.folds import speaker_disjoint_folds
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData
from otoscope.probing.scorer import Cache, Probe


def scorer(data: ProbeData, training: Training, cache: Cache) -> Classifier:
    """Return nets on frames. Raise InputError without phones, or with too few speakers or utterances that have them."""
    check(data.speech.cuts)
    task = ClassificationTask(
        "phone", phone_classes(data), pooled=False, width=training.width, split=speaker_disjoint_folds
    )
    return classify(task, data, training, cache)


def check(cuts: Sequence[MonoCut]) -> None:
    """Raise InputError if no cut has phones, or if they are all of the same speaker."""
    if not any(phones_of(cut) for cut in cuts):
        raise InputError(
            "expected phone labels for the probe 'phone', found none in the corpus; choose another probe or corpus"
        )
    speaker_disjoint_folds([speaker_of(cut) for cut in cuts if phones_of(cut)], 2, np.random.default_rng(0))


def phone_classes(data: ProbeData) -> list[Tensor]:
    """Return the class of each frame `[T]` of each utterance: the phone at its centre, folded to 39 where possible."""
    spans = [phones_of(cut) for cut in data.speech.cuts]
    symbols = [symbol for of_one in spans for symbol, _, _ in of_one]
    folded = fold_phones(symbols, data.speech.phones).symbols
    class_of = {symbol: number for number, symbol in enumerate(sort_phones(folded))}
    numbers = iter(class_of[symbol] for symbol in folded)
    return [
        classes_in_time(data.centres(index), [(next(numbers), start, end) for _, start, end in of_one])
        for index, of_one in enumerate(spans)
    ]


def classes_in_time(seconds: np.ndarray, spans: list[tuple[int, float, float]]) -> Tensor:
    """Return the class of the span around each time, or `NO_CLASS` outside of all spans."""
    classes = np.full(len(seconds), NO_CLASS)
    for number, start, end in spans:
        classes[(seconds >= start) & (seconds < end)] = number
    return torch.from_numpy(classes)


PROBE = Probe(
    name="phone",
    doc="Frames whose phone is classified correctly, of speakers that the probe was not trained on.",
    metric="accuracy",
    label="phone accuracy",
    units="%",
    higher_is_better=True,
    trained=True,
    scorer=scorer,
    check_cuts=check,
)
