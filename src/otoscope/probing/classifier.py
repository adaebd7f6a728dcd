"""Probes with classes: several seeds times several folds of small nets, each tested on unseen data."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from otoscope.probing.folds import UNUSED, held_out
from otoscope.probing.mlp import Samples, Training, Weights, fit, logits
from otoscope.probing.probe_data import ProbeData
from otoscope.probing.scorer import Cache
from otoscope.typing import Floats, Ints

Splitter = Callable[[Sequence[str | None], int, np.random.Generator], Ints]
NO_CLASS = -1


@dataclass(frozen=True)
class ClassificationTask:
    """Classes of each utterance's frames `[T]` (`NO_CLASS` where there is none), or of the whole utterance `[1]`.

    `width`: of the hidden layer, 0 for none. `split` says who is tested by whom.
    """

    name: str
    classes: Sequence[Tensor]
    pooled: bool
    width: int
    split: Splitter

    @property
    def n_classes(self) -> int:
        """Return the number of classes."""
        return 1 + max(int(classes.max()) for classes in self.classes if len(classes))

    def rows(self, index: int, hidden_td: Tensor) -> Samples:
        """Return what the net reads of one utterance, and its classes."""
        if self.pooled:
            return Samples(hidden_td.mean(0, keepdim=True), self.classes[index])
        has_class = self.classes[index] != NO_CLASS
        return Samples(hidden_td[has_class], self.classes[index][has_class])


@dataclass(frozen=True, eq=False)
class Classifier:
    """A scorer by accuracy: `nets[seed][fold]` tests the utterances of its fold, `fold [seed, utterance]`."""

    task: ClassificationTask
    fold: Ints
    nets: Sequence[Sequence[Weights]]

    @cached_property
    def count(self) -> Floats:
        """Return the number of frames with a class, or 1, of each utterance that is tested."""
        n_rows = [int((classes != NO_CLASS).sum()) for classes in self.task.classes]
        return np.where((self.fold == UNUSED).any(axis=0), 0.0, n_rows)

    @cached_property
    def majority(self) -> Floats:
        """Return the correct guesses if each fold's guess is the commonest class of the others."""
        right = np.zeros(self.fold.shape)
        for seed, folds in enumerate(self.fold):
            for fold in np.unique(folds[folds != UNUSED]):
                classes = torch.cat(
                    [self.known_classes(u) for u in np.flatnonzero((folds != fold) & (folds != UNUSED)).tolist()]
                )
                for u in np.flatnonzero(folds == fold).tolist():
                    right[seed, u] = (self.known_classes(u) == classes.mode().values).sum()
        return right

    def total(self, index: int, hidden_td: Tensor) -> Floats:
        """Count frames, or utterances, that are classified correctly."""
        if not self.count[index]:
            return np.zeros(len(self.nets))
        rows = self.task.rows(index, hidden_td)
        with torch.no_grad():
            guesses = [logits(net, rows.x).argmax(-1) for net in self._nets_of(index)]
        return np.array([float((guess == rows.y).sum()) for guess in guesses])

    def loss(self, index: int, hidden_td: Tensor) -> Tensor:
        """Return the mean cross-entropy over seeds, or zero if the utterance is not tested."""
        if not self.count[index]:
            return hidden_td.sum() * 0
        rows = self.task.rows(index, hidden_td)
        return torch.stack([F.cross_entropy(logits(net, rows.x), rows.y) for net in self._nets_of(index)]).mean()

    def log_probabilities(self, index: int, x: Tensor) -> Tensor:
        """Return log-probabilities `[..., class]` of inputs `[..., d]` of an utterance: of the mean over seeds."""
        by_seed = torch.stack([logits(net, x).log_softmax(-1) for net in self._nets_of(index)])
        return by_seed.logsumexp(0) - math.log(len(by_seed))

    def _nets_of(self, index: int) -> list[Weights]:
        return [nets[fold] for nets, fold in zip(self.nets, self.fold[:, index], strict=True)]

    def known_classes(self, index: int) -> Tensor:
        """Return the classes of an utterance without those of rows that have none."""
        classes = self.task.classes[index]
        return classes[classes != NO_CLASS]


@dataclass(frozen=True, eq=False)
class NetTraining:
    """The training of one net, which tests the utterances of one fold.

    Attributes:
        task: classes of the utterances.
        data: hidden states of the utterances.
        training: how nets are trained.
        seed: seed of the net.
        fold: number of the fold.
        folds: fold of each utterance `[utterance]`; `UNUSED` without a class.
    """

    task: ClassificationTask
    data: ProbeData
    training: Training
    seed: int
    fold: int
    folds: Ints

    @property
    def content(self) -> str:
        """Return a text that contains everything that decides the weights."""
        task = f"{self.task.name} {self.task.width}"
        return f"{task} {asdict(self.training)} {self.seed} {self.fold} {self.data.content}"

    def weights(self) -> dict[str, NDArray[Any]]:
        """Train the net on the utterances of the other folds, and return its weights by name."""
        others = np.flatnonzero((self.folds != self.fold) & (self.folds != UNUSED))
        rng = np.random.default_rng([self.seed, 1, self.fold])
        train, validation = held_out(others, self.training.held, rng)
        sizes, seeds = (self.task.n_classes, self.task.width), [self.seed, self.fold]
        rows, held = (UtteranceRows(self.task, self.data.hidden, chosen) for chosen in (train, validation))
        weights = fit(rows, held.all(), *sizes, self.training, seeds)
        return {name: tensor.numpy() for name, tensor in weights.items()}


@dataclass(frozen=True, eq=False)
class UtteranceRows:
    """Rows of a task on some utterances, one utterance after the other; states are read utterance by utterance."""

    task: ClassificationTask
    hidden: Sequence[Tensor]
    utterances: Ints

    def all(self) -> Samples:
        """Return all rows."""
        rows = [self._read(index) for index in self.utterances]
        return Samples(torch.cat([samples.x for samples in rows]), torch.cat([samples.y for samples in rows]))

    def some(self, most: int, generator: torch.Generator) -> Samples:
        """Return at most so many of the rows, those that `Samples.some` draws of all."""
        ends = np.cumsum([self._count(index) for index in self.utterances])
        if ends[-1] <= most:
            return self.all()
        drawn = torch.randperm(int(ends[-1]), generator=generator)[:most]
        rows, places = torch.sort(drawn)
        starts = np.searchsorted(rows.numpy(), np.concatenate([[0], ends]))
        parts = [
            _chosen(self._read(index), rows[start:end] - (stop - self._count(index)))
            for index, start, end, stop in zip(self.utterances, starts[:-1], starts[1:], ends, strict=True)
            if end > start
        ]
        back = torch.argsort(places)
        return Samples(torch.cat([part.x for part in parts])[back], torch.cat([part.y for part in parts])[back])

    def _read(self, index: int) -> Samples:
        return self.task.rows(index, self.hidden[index])

    def _count(self, index: int) -> int:
        classes = self.task.classes[index]
        return len(classes) if self.task.pooled else int((classes != NO_CLASS).sum())


def _chosen(samples: Samples, rows: Tensor) -> Samples:
    return Samples(samples.x[rows], samples.y[rows])


def classify(task: ClassificationTask, data: ProbeData, training: Training, cache: Cache) -> Classifier:
    """Return the classifier of a task; its nets are read from the cache or trained.

    Raises:
        InputError: too few utterances can be split.
    """
    folds = np.stack([_split(task, data, training, seed) for seed in range(training.seeds)])
    nets = [
        [
            _load_or_train(NetTraining(task, data, training, seed, fold, seed_folds), cache)
            for fold in range(seed_folds.max() + 1)
        ]
        for seed, seed_folds in enumerate(folds)
    ]
    return Classifier(task, folds, nets)


def _split(task: ClassificationTask, data: ProbeData, training: Training, seed: int) -> Ints:
    """Return the fold of each utterance; only utterances with a class have a fold."""
    has_class = [bool((classes != NO_CLASS).any()) for classes in task.classes]
    speakers = [speaker if has else None for speaker, has in zip(data.speakers, has_class, strict=True)]
    return task.split(speakers, training.folds, np.random.default_rng([seed, 0]))


def _load_or_train(net: NetTraining, cache: Cache) -> Weights:
    return {name: torch.from_numpy(array) for name, array in cache(net.content, net.weights).items()}
