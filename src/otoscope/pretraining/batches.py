"""Masked batches, each a pure function of (features, recipe, step), so that training resumes exactly at any step."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from otoscope.errors import InputError
from otoscope.pretraining.feature_store import Features
from otoscope.pretraining.masking import Masking, choose_frames, hide_frames
from otoscope.pretraining.validation import check_minimum


@dataclass(frozen=True)
class Batching:
    """`size` utterances a batch, each a random crop of at most `crop` model frames of `rate` 10 ms frames.

    Positions count from a random place up to `shift` in each crop, so that the model is not bound to the lengths it was
    trained on (shifted absolute positions, Kiyono et al. 2021); with 0 they count from 0, as Mockingjay was trained.
    Before the step `shift_from` they count from 0, too: a small model learns from unshifted positions much sooner.

    Raises `InputError` where one of them is too small.
    """

    size: int = 32
    crop: int = 500
    rate: int = 3
    seed: int = 0
    shift: int = 0
    shift_from: int = 0

    def __post_init__(self) -> None:
        """Refuse what makes no batch."""
        check_minimum("batching", vars(self), {"size": 1, "crop": 1, "rate": 1, "seed": 0, "shift": 0, "shift_from": 0})


def epoch(lengths: np.ndarray, batching: Batching, number: int) -> np.ndarray:
    """Utterances of each batch of one epoch, `[batches, size]`: like lengths together, in random order.

    Utterances shorter than one model frame and the last, incomplete batch are skipped.
    """
    rng = np.random.default_rng([batching.seed, number])
    usable = rng.permutation(np.flatnonzero(lengths >= batching.rate))
    noisy = np.minimum(lengths[usable], batching.crop * batching.rate) * rng.uniform(0.9, 1.1, len(usable))
    order = usable[np.argsort(noisy, kind="stable")]
    batches = order[: len(order) // batching.size * batching.size].reshape(-1, batching.size)
    return rng.permutation(batches)


class MaskedBatches(torch.utils.data.Dataset[dict[str, Tensor]]):
    """Item `step` is the whole batch of that training step.

    Raises `InputError` where there are too few utterances for one batch.
    """

    def __init__(self, features: Features, masking: Masking, batching: Batching, steps: int) -> None:
        """See the class."""
        self.features, self.masking, self.batching, self.steps = features, masking, batching, steps
        self.per_epoch = len(epoch(features.lengths, batching, 0))
        if not self.per_epoch:
            usable = int((features.lengths >= batching.rate).sum())
            raise InputError(
                f"{usable} usable utterances are no batch of {batching.size}; add speech or lower the size"
            )
        self._epoch = lru_cache(maxsize=2)(lambda number: epoch(features.lengths, batching, number))

    def __len__(self) -> int:
        """Number of steps."""
        return self.steps

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        """The batch of a training step, as `collate` makes it, and the `first_position [batch]` of each crop."""
        rng = np.random.default_rng([self.batching.seed, 1, step])
        utterances = self._epoch(step // self.per_epoch)[step % self.per_epoch]
        masking = self.masking.span_at_step(step)
        batch = collate([self._crop(u, rng) for u in utterances], masking, self.batching.rate, rng)
        farthest = self.batching.shift if step >= self.batching.shift_from else 0
        return batch | {"first_position": torch.from_numpy(rng.integers(farthest + 1, size=len(utterances)))}

    def _crop(self, utterance: int, rng: np.random.Generator) -> np.ndarray:
        frames, longest = self.features[utterance], self.batching.crop * self.batching.rate
        start = rng.integers(max(len(frames) - longest, 0) + 1)
        return frames[start : start + longest]


def collate(clean: list[np.ndarray], masking: Masking, rate: int, rng: np.random.Generator) -> dict[str, Tensor]:
    """Mask each of `clean` (arrays `[frames, bands]`) in runs of stacked frames, and pad them on the right with zeros.

    Returns:
        `input_features` and `labels [batch, frames, bands]`, `attention_mask [batch, frames]`,
        `masked [batch, model frames]`.
    """
    clean = [frames[: len(frames) // rate * rate] for frames in clean]
    longest, bands = max(map(len, clean)), clean[0].shape[1]
    shape = (len(clean), longest, bands)
    labels, inputs = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    real, masked = np.zeros(shape[:2], np.int64), np.zeros((len(clean), longest // rate), bool)
    for i, frames in enumerate(clean):
        n = len(frames)
        stacked = frames.reshape(n // rate, rate * bands)
        chosen = choose_frames(len(stacked), masking, rng)
        labels[i, :n], real[i, :n], masked[i, : n // rate] = frames, 1, chosen
        inputs[i, :n] = hide_frames(stacked, chosen, masking, rng).reshape(n, bands)
    names = ("input_features", "labels", "attention_mask", "masked")
    return {name: torch.from_numpy(array) for name, array in zip(names, (inputs, labels, real, masked), strict=True)}
