"""A short recovery: the refined model is trained towards the hidden states of the original, on unlabelled speech."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from otoscope._io.ranks import process_count, process_rank
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.refinement.layouts import parts_of
from otoscope.refinement.surgery import blocks
from otoscope.runs.process_group import sum_over_processes
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import SpeechPool

CROP = 4.0  # seconds
BATCH = 4
RATE = 1e-4


def tune(original: Encoder, refined: Any, steps: int, pool: SpeechPool, seed: int = 0) -> None:
    """Train the layers of `refined` in place, so that each gives what it gives in the original; AdamW, linear decay.

    Crops of 4 s, in batches of 4, are drawn by `seed`; no dropout, so that the same call gives the same weights.
    Several processes that torchrun started share each batch: the weights are those of one process to float tolerance.

    Args:
        original: the encoder to be equalled.
        refined: the encoder within the refined model.
        steps: number of steps.
        pool: unlabelled speech.
        seed: of the draws.

    Raises:
        InputError: the speech cannot be read, no utterance of it is as long as a crop, or the processes do not divide a
            batch.
    """
    rank, count = process_rank(), process_count()
    if BATCH % count:
        raise InputError(f"expected 1, 2 or 4 processes, which share batches of {BATCH}, found {count}; start fewer")
    samples = int(CROP * original.sampling_rate)
    waves = [wave for wave in pool.read(original).waves if len(wave) >= samples]
    if not waves:
        named = ", ".join(map(str, pool.corpora))
        raise InputError(f"tuning takes crops of {CROP:g} s, and no utterance of {named} is so long")
    weights = _trainable(refined)
    optimizer = torch.optim.AdamW(weights, lr=RATE)
    decay = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, steps)
    rng = np.random.default_rng(seed)
    with progress("tuning", steps * BATCH * CROP) as on_progress:
        for _ in range(steps):
            crops = [_crop(waves, samples, rng) for _ in range(BATCH)]
            loss = distance(original, refined, crops[rank::count])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            for weight in weights:
                if weight.grad is not None:
                    sum_over_processes(weight.grad).div_(count)
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            decay.step()
            on_progress(BATCH * CROP)
    refined.requires_grad_(True)


def distance(original: Encoder, refined: Any, waves: Sequence[np.ndarray]) -> Tensor:
    """Squared error of the hidden states after each layer over their variance in the original, mean over layers.

    The variance is that of the waves of all processes.
    """
    inputs = original.inputs(waves)
    with torch.no_grad():
        wanted = original.model(**inputs, output_hidden_states=True).hidden_states
    states = refined(**inputs, output_hidden_states=True).hidden_states
    errors = [(a - b).square().mean() / _variance(b) for a, b in zip(states[1:], wanted[1:], strict=True)]
    return torch.stack(errors).mean()


def _variance(values: Tensor) -> Tensor:
    """Return the variance over the values of all processes."""
    if process_count() == 1:
        return values.var()
    double = values.double()
    total, squares = sum_over_processes(torch.stack([double.sum(), double.square().sum()]))
    count = values.numel() * process_count()
    return ((squares - total**2 / count) / (count - 1)).to(values)


def _trainable(refined: Any) -> list[torch.nn.Parameter]:
    """Weights of the layers; the others stay as they are."""
    layers = {name.rpartition(".")[0] for name in blocks(refined, parts_of(refined.config.model_type, "refined"))}
    refined.requires_grad_(False)
    for name in layers:
        refined.get_submodule(name).requires_grad_(True)
    return [weight for weight in refined.parameters() if weight.requires_grad]


def _crop(waves: Sequence[np.ndarray], samples: int, rng: np.random.Generator) -> np.ndarray:
    wave = waves[int(rng.integers(len(waves)))]
    start = int(rng.integers(len(wave) - samples + 1))
    return wave[start : start + samples]
