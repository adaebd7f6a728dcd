"""How long models take on the same audio, turn by turn."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from otoscope.models.encoder import Encoder

Seconds = float


@dataclass(frozen=True)
class MedianRange:
    """Median, least and largest of some values."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "MedianRange":
        """That of some values.

        >>> MedianRange.of([3.0, 1.0, 2.0])
        MedianRange(median=2.0, low=1.0, high=3.0)
        """
        return cls(statistics.median(values), min(values), max(values))


def noise(encoder: Encoder, seconds: Seconds) -> np.ndarray:
    """Seeded noise `[samples]` of that length."""
    return np.random.default_rng(0).normal(0, 0.1, int(seconds * encoder.sampling_rate)).astype(np.float32)


def audio_of_length(encoder: Encoder, seconds: Seconds, speech: np.ndarray | None = None) -> np.ndarray:
    """Return speech of that length, repeated where it is shorter; noise without speech."""
    return noise(encoder, seconds) if speech is None else np.resize(speech, int(seconds * encoder.sampling_rate))


def turns(
    encoders: Sequence[Encoder],
    seconds: Seconds,
    rounds: int,
    warm: int = 1,
    batch: int = 1,
    speech: np.ndarray | None = None,
) -> list[list[Seconds]]:
    """Return seconds of each forward pass `[round][encoder]` without features; `warm` first rounds do not count."""
    inputs = [encoder.inputs([audio_of_length(encoder, seconds, speech)] * batch) for encoder in encoders]
    with torch.inference_mode():
        return [
            [_seconds(encoder, own_inputs) for encoder, own_inputs in zip(encoders, inputs, strict=True)]
            for _ in range(warm + rounds)
        ][warm:]


def _seconds(encoder: Encoder, inputs: dict[str, Any]) -> Seconds:
    start = time.perf_counter()
    encoder.model(**inputs)
    if encoder.device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start
