"""Masked L1 on held-out speech, compared with two predictors that learn nothing."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch

from otoscope.errors import InputError
from otoscope.models.mockingjay import MockingjayForPreTraining
from otoscope.pretraining.feature_store import Features
from otoscope.pretraining.masking import Masking, choose_frames


@dataclass(frozen=True)
class ReconstructionErrors:
    """Mean absolute error over masked frames, in deviations of the normalised log-mel bands.

    `model`: the prediction head; `mean`: the mean of the utterance's unmasked frames; `nearest`: a copy of the nearest
    unmasked frame. `frames`: how many (stacked) frames were masked.
    """

    model: float
    mean: float
    nearest: float
    frames: int


def evaluate(
    model: MockingjayForPreTraining, features: Features, masking: Masking, seed: int = 0
) -> ReconstructionErrors:
    """Hide the same frames of each utterance from the three predictors (always zeroed) and compare their errors.

    Utterances shorter than two runs, or without an unmasked frame, are skipped.

    Raises:
        InputError: no utterance is long enough.
    """
    rate = model.config.downsample_rate
    check_masked(features, masking, rate, seed)
    totals, count = np.zeros(3), 0
    for stacked, chosen in _masked(features, masking, rate, seed):
        guesses = (reconstruct(model, stacked, chosen), stacked[~chosen].mean(0), nearest(stacked, chosen))
        totals += [np.abs(guess - stacked[chosen]).mean(-1).sum() for guess in guesses]
        count += int(chosen.sum())
    by_model, by_mean, by_nearest = (totals / count).tolist()
    return ReconstructionErrors(by_model, by_mean, by_nearest, count)


def check_masked(features: Features, masking: Masking, rate: int, seed: int = 0) -> None:
    """Raise InputError where no utterance is long enough to be evaluated, with model frames of `rate` 10 ms frames."""
    if next(_masked(features, masking, rate, seed), None) is None:
        raise InputError(f"validation: no utterance is as long as two masked runs of {masking.span * rate * 10} ms")


def _masked(features: Features, masking: Masking, rate: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Stacked frames of each utterance that is long enough, and which of them are hidden."""
    for utterance in np.flatnonzero(features.lengths >= 2 * rate * masking.span).tolist():
        frames = features[utterance]
        stacked = frames[: len(frames) // rate * rate].reshape(len(frames) // rate, -1)
        chosen = choose_frames(len(stacked), masking, np.random.default_rng([seed, utterance]))
        if not chosen.all():
            yield stacked, chosen


def reconstruct(model: MockingjayForPreTraining, stacked: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """The model's guess at the `chosen` frames of `stacked [frames, rate * bands]` when they are zero."""
    hidden = np.where(chosen[:, None], 0, stacked).reshape(1, -1, model.config.num_mel_bins)
    with torch.inference_mode():
        prediction = model.eval()(torch.from_numpy(hidden.astype(np.float32))).prediction
    return prediction[0].float().numpy()[chosen]


def nearest(stacked: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """For each chosen frame a copy of the nearest one that is not chosen (the earlier of two).

    Examples:
        >>> frames = np.array([[1.0], [0.0], [0.0], [4.0]])
        >>> nearest(frames, np.array([False, True, True, False])).ravel().tolist()
        [1.0, 4.0]
    """
    visible = np.flatnonzero(~chosen)
    distance = np.abs(np.flatnonzero(chosen)[:, None] - visible)
    return stacked[visible[distance.argmin(1)]]
