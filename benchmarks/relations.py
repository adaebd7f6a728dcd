"""What relations between phones add to a whole model of the hubert-base shape: all statistics with them over without.

Weights are random, audio is noise of a minute, labels are runs of one to eight frames of 39 phones, two threads. Pairs
are interleaved; a ratio is the median of the pairs' ratios, its spread their extremes. CPU seconds, of both threads
together, are less disturbed by whatever else runs.

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


def measuring(encoder: Encoder, wave: np.ndarray, phones: tuple[str, ...]) -> Callable[[], tuple[float, float]]:
    """Wall and CPU seconds of one pass with every statistic that is found for these phones."""
    found = available_statistics(phones)
    needs = frozenset().union(*(one.requires for one in found.values()))
    spoken = [labels(encoder.num_frames(wave))] if phones else None

    def seconds() -> tuple[float, float]:
        wall, cpu = time.perf_counter(), time.process_time()
        encoder.measure([wave], needs, lambda _, r: [one.compute(r[0]) for one in found.values()], spoken)
        return time.perf_counter() - wall, time.process_time() - cpu

    return seconds


def print_table() -> None:
    encoder = model()
    wave = np.random.default_rng(0).normal(0, 0.1, SECONDS * RATE).astype(np.float32)
    without, with_relations = measuring(encoder, wave, ()), measuring(encoder, wave, PHONES)
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
