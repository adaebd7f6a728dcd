"""A small net: inputs to zero mean and unit deviation, at most one hidden layer; trained while held-out loss falls."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

Weights = dict[str, Tensor]


@dataclass(frozen=True)
class Training:
    """How probes are trained: `seeds` times `folds` nets, each tested on data that it was not trained on.

    Adam at `rate` on batches of `batch` rows, at most `steps`; every `check` steps the loss on a `held` share of the
    training utterances is measured, and training ends when it has not fallen `patience` times. `rows`: at most so many
    frames are trained on.
    """

    seeds: int = 3
    folds: int = 3
    width: int = 256
    rate: float = 2e-3
    batch: int = 256
    steps: int = 2000
    check: int = 25
    patience: int = 6
    held: float = 0.15
    rows: int = 100_000


@dataclass(frozen=True)
class Samples:
    """Inputs `x [n, d]` and classes `y [n]`."""

    x: Tensor
    y: Tensor

    def some(self, most: int, generator: torch.Generator) -> "Samples":
        """Return at most so many of the rows, drawn without replacement."""
        if len(self.y) <= most:
            return self
        drawn = torch.randperm(len(self.y), generator=generator)[:most]
        return Samples(self.x[drawn], self.y[drawn])


class Rows(Protocol):
    """Rows of a training set, of which some are read."""

    def some(self, most: int, generator: torch.Generator) -> Samples:
        """Return at most so many of the rows, drawn without replacement."""


def logits(weights: Weights, x: Tensor) -> Tensor:
    """Return scores `[n, classes]` of inputs `[n, d]`."""
    x = (x - weights["mean"]) / weights["deviation"]
    if "hidden_weight" in weights:
        x = F.relu(F.linear(x, weights["hidden_weight"], weights["hidden_bias"]))
    return F.linear(x, weights["weight"], weights["bias"])


def fit(train: Rows, held: Samples, classes: int, width: int, training: Training, seed: list[int]) -> Weights:
    """Return the weights with the lowest cross-entropy on `held`; `width` 0 is a linear net."""
    generator = torch.Generator().manual_seed(int(np.random.default_rng(seed).integers(2**62)))
    drawn_rows = train.some(training.rows, generator)
    weights = _start(drawn_rows.x, classes, width, generator)
    learned = [weights[name].requires_grad_() for name in weights if name not in ("mean", "deviation")]
    optimiser = torch.optim.Adam(learned, lr=training.rate)
    lowest, best, waited = float("inf"), _copy(weights), 0
    for step in range(training.steps):
        drawn = torch.randint(len(drawn_rows.y), (training.batch,), generator=generator)
        optimiser.zero_grad()
        F.cross_entropy(logits(weights, drawn_rows.x[drawn]), drawn_rows.y[drawn]).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        if (step + 1) % training.check == 0:
            loss = _loss(weights, held)
            waited = 0 if loss < lowest else waited + 1
            if loss < lowest:
                lowest, best = loss, _copy(weights)
            if waited >= training.patience:
                break
    return best


def _start(x: Tensor, classes: int, width: int, generator: torch.Generator) -> Weights:
    weights = {"mean": x.mean(0), "deviation": x.std(0, correction=0).clamp(min=1e-5)}
    if width:
        weights |= {"hidden_weight": _draw_weights(width, x.shape[1], generator), "hidden_bias": torch.zeros(width)}
    return weights | {"weight": _draw_weights(classes, width or x.shape[1], generator), "bias": torch.zeros(classes)}


def _draw_weights(outputs: int, inputs: int, generator: torch.Generator) -> Tensor:
    return torch.randn(outputs, inputs, generator=generator) / inputs**0.5


def _loss(weights: Weights, rows: Samples) -> float:
    with torch.no_grad():
        return F.cross_entropy(logits(weights, rows.x), rows.y).item()


def _copy(weights: Weights) -> Weights:
    return {name: tensor.detach().clone() for name, tensor in weights.items()}
