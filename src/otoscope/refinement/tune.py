"""A short recovery: the refined model is trained towards the hidden states of the original, on unlabelled speech."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.refinement.layouts import parts_of
from otoscope.refinement.surgery import blocks
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import SpeechPool

CROP = 4.0  # seconds
BATCH = 4
RATE = 1e-4


def tune(original: Encoder, refined: Any, steps: int, pool: SpeechPool, seed: int = 0) -> None:
    """Train the layers of `refined` in place, so that each gives what it gives in the original; AdamW, linear decay.

    Crops of 4 s, in batches of 4, are drawn by `seed`; no dropout, so that the same call gives the same weights.

    Args:
        original: the encoder to be equalled.
        refined: the encoder within the refined model.
        steps: number of steps.
        pool: unlabelled speech.
        seed: of the draws.

    Raises:
        InputError: the speech cannot be read, or no utterance of it is as long as a crop.
    """
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
            loss = distance(original, refined, [_crop(waves, samples, rng) for _ in range(BATCH)])
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimizer.step()
            decay.step()
            on_progress(BATCH * CROP)
    refined.requires_grad_(True)


def distance(original: Encoder, refined: Any, waves: Sequence[np.ndarray]) -> Tensor:
    """Squared error of the hidden states after each layer over their variance in the original, mean over layers."""
    inputs = original.inputs(waves)
    with torch.no_grad():
        wanted = original.model(**inputs, output_hidden_states=True).hidden_states
    states = refined(**inputs, output_hidden_states=True).hidden_states
    errors = [(a - b).square().mean() / b.var() for a, b in zip(states[1:], wanted[1:], strict=True)]
    return torch.stack(errors).mean()


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
