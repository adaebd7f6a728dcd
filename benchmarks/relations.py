"""Cost of relations between phones for a model of the hubert-base shape: all statistics with relations over without.

Weights are random, the audio is a minute of noise, labels are runs of one to eight frames of 39 phones, and the
benchmark uses two threads. Measurements with and without relations alternate. A ratio is the median of the ratios of
the pairs, with their minimum and maximum. CPU seconds count both threads; other processes affect them less.

    python benchmarks/relations.py
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from transformers import HubertConfig, HubertModel, Wav2Vec2FeatureExtractor
from transformers.utils import logging

from otoscope import load
from otoscope.attention.labels import Labels
from otoscope.models.encoder import Encoder
from otoscope.statistics import available_statistics

PHONES = tuple(f"p{i}" for i in range(39))
SECONDS, PAIRS, RATE = 60, 2, 16000


def model() -> Encoder:
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        HubertModel(HubertConfig()).save_pretrained(folder)
        Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
        return load(Path(folder), device="cpu")


def labels(frames: int) -> Labels:
    random = np.random.default_rng(0)
    phone = random.integers(0, len(PHONES), 2 * frames).repeat(random.integers(2, 17, 2 * frames))
    return Labels(torch.from_numpy(phone[: 2 * frames].reshape(frames, 2)), len(PHONES))


def prepare(encoder: Encoder, wave: np.ndarray, phones: tuple[str, ...]) -> Callable[[], tuple[float, float]]:
    """Return a function that measures wall and CPU seconds of one pass with every available statistic."""
    measures = available_statistics(phones)
    needs = frozenset().union(*(measure.requires for measure in measures.values()))
    frame_labels = [labels(encoder.num_frames(wave))] if phones else None

    def seconds() -> tuple[float, float]:
        wall, cpu = time.perf_counter(), time.process_time()
        encoder.measure(
            [wave], needs, lambda _, r: [measure.compute(r[0]) for measure in measures.values()], frame_labels
        )
        return time.perf_counter() - wall, time.process_time() - cpu

    return seconds


def print_table() -> None:
    encoder = model()
    wave = np.random.default_rng(0).normal(0, 0.1, SECONDS * RATE).astype(np.float32)
    without, with_relations = prepare(encoder, wave, ()), prepare(encoder, wave, PHONES)
    pairs = [(without(), with_relations()) for _ in range(PAIRS)]
    for which, name in enumerate(("time", "CPU seconds")):
        ratios = [b[which] / a[which] for a, b in pairs]
        spread = f"({min(ratios):.2f} to {max(ratios):.2f}, {PAIRS} pairs)"
        alone = statistics.median(a[which] for a, _ in pairs)
        print(f"with relations of 39 phones over all other statistics, one minute, {name}:", end=" ")
        print(f"{statistics.median(ratios):.2f}x {spread} of {alone:.1f} s; at most 1.10x", flush=True)


if __name__ == "__main__":
    torch.set_num_threads(2)
    torch.set_grad_enabled(False)
    logging.disable_progress_bar()
    print_table()
