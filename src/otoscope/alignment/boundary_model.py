"""Find a boundary near a first estimate: a logistic model over the times around it, learned on labelled words.

For each time on a grid around the estimate, features are the attention of several heads and rows at that time and just
before and after it, the energy of the audio in bands, and the distance from the estimate. Their weighted sum is the
logit of the time. The boundary is the median of the resulting distribution.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch

from otoscope.models.model_settings import SAMPLING_RATE

GRID_SECONDS = np.arange(-12, 13) * 0.01
ROWS = (-2, -1, 0, 1, 2)
"""Rows around the first token of a word."""
MAP_SHIFTS = (-0.03, 0.0, 0.03)
ENERGY_SHIFTS = (-0.04, -0.02, 0.0, 0.02, 0.04)
ENERGY_PERIOD = 0.01
BAND_EDGES_HZ = (0, 300, 800, 1500, 2500, 4000, 8000)
WINDOW = 400
TARGET_SECONDS = 0.015
"""Standard deviation of the target around the labelled time: labels by hand differ by about as much."""
PENALTY = 30.0
"""Weight of the squared weights; from 3 to 30 the share within 20 ms changes by .03 at most."""
CONFIDENT_SECONDS = 0.05


@dataclass(frozen=True)
class Evidence:
    """What the model sees of one utterance.

    Attributes:
        maps_hqk: standardized rows of the chosen heads.
        period: seconds from one column to the next.
        energy_tb: log energy in bands, every 10 ms.
    """

    maps_hqk: np.ndarray
    period: float
    energy_tb: np.ndarray


@dataclass(frozen=True)
class BoundaryModel:
    """Weights of the features, after subtraction of their mean and division by their scale."""

    weights: np.ndarray
    mean: np.ndarray
    scale: np.ndarray

    def distribution(self, features: np.ndarray) -> np.ndarray:
        """Return the probability of each time of the grid, `[words, times]`."""
        logits = ((features - self.mean) / self.scale) @ self.weights
        shares = np.exp(logits - logits.max(-1, keepdims=True))
        return np.asarray(shares / shares.sum(-1, keepdims=True))


def band_energy(wave: np.ndarray) -> np.ndarray:
    """Return standardized log energy `[times, bands]` of a wave of 16 kHz, every 10 ms."""
    hop = round(ENERGY_PERIOD * SAMPLING_RATE)
    count = len(wave) // hop + 1
    padded = np.pad(np.asarray(wave, np.float64), (WINDOW // 2, WINDOW + hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: count * hop : hop]
    power = np.abs(np.fft.rfft(frames * np.hanning(WINDOW), 512)) ** 2
    edges = [edge * 512 // SAMPLING_RATE for edge in BAND_EDGES_HZ]
    bands = [np.log(power[:, low:high].mean(1) + 1e-7) for low, high in pairwise(edges)]
    energy = np.stack(bands, 1)
    return np.asarray((energy - energy.mean(0)) / (energy.std(0) + 1e-6))


def features(evidence: Evidence, rows: np.ndarray, estimates: np.ndarray) -> np.ndarray:
    """Return features `[words, times, features]`.

    Args:
        evidence: of the utterance.
        rows: row of each word's boundary.
        estimates: first estimate of each boundary in seconds.
    """
    times = np.asarray(estimates)[:, None] + GRID_SECONDS
    distance = np.broadcast_to(GRID_SECONDS * 10, times.shape)
    maps = _map_features(evidence, rows, times)
    return np.concatenate([np.stack([distance, np.abs(distance), distance**2], -1), maps, _energy(evidence, times)], -1)


def _map_features(evidence: Evidence, rows: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return the attention of each head and neighbouring row at the times, between columns by interpolation."""
    columns = evidence.maps_hqk.shape[-1]
    wanted = np.clip(rows[:, None] + ROWS, 0, evidence.maps_hqk.shape[1] - 1)  # [words, rows]
    shifted = times[..., None] + MAP_SHIFTS
    position = np.clip(shifted / evidence.period - 0.5, 0, columns - 1)
    left = np.minimum(position.astype(int), max(columns - 2, 0))
    share = (position - left)[:, None]
    chosen = evidence.maps_hqk[:, wanted]  # [heads, words, rows, columns]
    index = left.reshape(len(rows), 1, -1)
    low, high = (
        np.take_along_axis(chosen, np.minimum(index + step, columns - 1)[None], -1).reshape(
            *chosen.shape[:3], *shifted.shape[1:]
        )
        for step in (0, 1)
    )
    values = np.clip(low * (1 - share) + high * share, -3, 6)  # [heads, words, rows, times, shifts]
    return values.transpose(1, 3, 0, 2, 4).reshape(len(rows), len(GRID_SECONDS), -1)


def _energy(evidence: Evidence, times: np.ndarray) -> np.ndarray:
    """Return the energy in each band at the times and around them, and how fast it changes."""
    index = np.arange(len(evidence.energy_tb)) * ENERGY_PERIOD

    def energy_after(shift: float) -> np.ndarray:
        return np.stack([np.interp(times + shift, index, band) for band in evidence.energy_tb.T], -1)

    change = np.abs(energy_after(0.015) - energy_after(-0.015)).sum(-1, keepdims=True)
    return np.concatenate([*(energy_after(shift) for shift in ENERGY_SHIFTS), change], -1)


def fit_boundaries(features: np.ndarray, offsets: np.ndarray) -> BoundaryModel:
    """Learn the weights by maximum likelihood with a penalty.

    Args:
        features: `[words, times, features]`.
        offsets: labelled time less estimate of each word, in seconds. Words outside the grid are not used.
    """
    inside = np.abs(offsets) < GRID_SECONDS[-1]
    features, offsets = features[inside], offsets[inside]
    flat = features.reshape(-1, features.shape[-1])
    mean, scale = flat.mean(0), flat.std(0) + 1e-6
    inputs = torch.tensor((features - mean) / scale, dtype=torch.float32)
    near = np.exp(-0.5 * ((GRID_SECONDS - offsets[:, None]) / TARGET_SECONDS) ** 2) + 1e-4
    target = torch.tensor(near / near.sum(1, keepdims=True), dtype=torch.float32)
    weights = torch.zeros(features.shape[-1], requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=60, line_search_fn="strong_wolfe")

    def loss() -> float:
        optimizer.zero_grad()
        value = PENALTY * (weights**2).sum() - (target * torch.log_softmax(inputs @ weights, 1)).sum()
        value.backward()  # type: ignore[no-untyped-call]
        return float(value.detach())

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return BoundaryModel(weights.detach().numpy().astype(float), mean, scale)


def boundary_offsets(model: BoundaryModel, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the median offset of each boundary in seconds, and the probability within 50 ms of it."""
    shares = model.distribution(features)
    sums = np.cumsum(shares, -1)
    offsets = np.array([np.interp(0.5, row, GRID_SECONDS + 0.005) for row in sums])
    near = np.abs(GRID_SECONDS - offsets[:, None]) <= CONFIDENT_SECONDS
    return offsets, (shares * near).sum(-1)
