"""Probes of a column of the corpus, such as the gender of speakers: `column:gender`.

A linear net on the mean over frames classifies an utterance; the tested speakers are not those it was trained on.
"""

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from lhotse import MonoCut

from otoscope.corpus import speaker_of
from otoscope.corpus.speaker_metadata import SPEAKER_METADATA, metadata_of
from otoscope.errors import InputError
from otoscope.probing.classifier import NO_CLASS, ClassificationTask, Classifier, classify
from otoscope.probing.folds import speaker_disjoint_folds
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData
from otoscope.probing.scorer import Cache, Probe

PREFIX = "column:"


def column_probe(name: str) -> Probe:
    """Return the probe of a name such as `column:gender`.

    Raises:
        InputError: no corpus has such a column.
    """
    column = name.removeprefix(PREFIX)
    if column not in SPEAKER_METADATA:
        raise InputError(f"expected a column of {', '.join(SPEAKER_METADATA)}, found '{column}'; pass {PREFIX}NAME")
    return Probe(
        name=name,
        doc=f"Utterances whose {column} is classified correctly, of speakers that the probe was not trained on.",
        metric="accuracy",
        label=f"{column} accuracy",
        units="%",
        higher_is_better=True,
        trained=True,
        scorer=partial(_scorer, column),
        check_cuts=partial(_check, column),
    )


def _scorer(column: str, data: ProbeData, training: Training, cache: Cache) -> Classifier:
    _check(column, data.speech.cuts)
    values = [metadata_of(cut).get(column) for cut in data.speech.cuts]
    class_of = {value: number for number, value in enumerate(sorted({value for value in values if value}))}
    classes = [torch.tensor([class_of[value] if value else NO_CLASS]) for value in values]
    task = ClassificationTask(PREFIX + column, classes, pooled=True, width=0, split=speaker_disjoint_folds)
    return classify(task, data, training, cache)


def _check(column: str, cuts: Sequence[MonoCut]) -> None:
    stated = [(metadata_of(cut).get(column), speaker_of(cut)) for cut in cuts]
    values = {value for value, _ in stated if value}
    if len(values) < 2:
        raise InputError(
            f"expected two values or more of {PREFIX}{column}, found {len(values)} in the corpus; choose another probe"
        )
    speaker_disjoint_folds([speaker for value, speaker in stated if value], 2, np.random.default_rng(0))
