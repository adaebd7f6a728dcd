"""The control of selectivity: the same probe on labels that are shuffled over the corpus.

A run of frames of one class keeps its length and gets the class of another run; an utterance gets that of another.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from otoscope.probing.classifier import NO_CLASS, ClassificationTask, Classifier, classify
from otoscope.probing.mlp import Training
from otoscope.probing.probe_data import ProbeData
from otoscope.probing.scorer import Cache


def shuffled_scorer(task: ClassificationTask, data: ProbeData, training: Training, cache: Cache) -> Classifier:
    """Return the classifier of a task whose labels are shuffled."""
    classes = shuffle_runs(task.classes, np.random.default_rng(0))
    return classify(replace(task, name=f"{task.name} of random labels", classes=classes), data, training, cache)


def shuffle_runs(classes: Sequence[Tensor], rng: np.random.Generator) -> list[Tensor]:
    """Return classes `[T]` of utterances, whose runs have exchanged their classes; frames without one keep none.

    >>> shuffled = shuffle_runs([torch.tensor([0, 0, 1]), torch.tensor([-1, 2, 2])], np.random.default_rng(0))
    >>> shuffled[0].tolist(), shuffled[1].tolist()
    ([2, 2, 0], [-1, 1, 1])
    """
    arrays = [each.numpy() for each in classes]
    starts = [np.flatnonzero(np.diff(array, prepend=NO_CLASS - 1)) for array in arrays]
    own = [array[start] for array, start in zip(arrays, starts, strict=True)]
    every = np.concatenate(own)
    is_class = every != NO_CLASS
    every[is_class] = rng.permutation(every[is_class])
    values = np.split(every, np.cumsum([len(each) for each in own])[:-1])
    lengths = [np.diff(start, append=len(array)) for array, start in zip(arrays, starts, strict=True)]
    return [torch.from_numpy(np.repeat(value, length)) for value, length in zip(values, lengths, strict=True)]
