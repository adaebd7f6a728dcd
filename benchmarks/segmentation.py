"""Time and memory to segment one head's attention map into phones, also compared with the slow reference.

Maps are random: in "phones", frames attend to their own phone of about 8 frames, with noise. In "similar", all rows
are nearly equal, so runs cross the whole utterance: the worst case. Each row of the table is a fresh process with two
threads. Memory is the increase of the peak by one call, without the features. CPU seconds count both threads; if they
are far below the wall seconds, the machine is busy.

    python benchmarks/segmentation.py
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from otoscope.segmentation.detector import boundary_scores_per_frame, detect_boundaries
from otoscope.segmentation.kernel_gram import median_distance
from otoscope.segmentation.reference import filtered, kernel_gram, minima, score
from otoscope.segmentation.tuning import BETAS, LabelledFeatures, tune
from otoscope.typing import Floats

REFERENCE_FRAMES = 300
"""Frames for the slow reference; its time grows with their cube."""


def phones(T: int, d: int) -> Floats:
    generator = np.random.default_rng(T)
    label_t = np.cumsum(generator.random(T) < 1 / 8)
    own_phone_td = label_t[:, None] == np.resize(label_t, d)
    rows_td = own_phone_td + generator.random((T, d)) / 8
    return rows_td / rows_td.sum(axis=1, keepdims=True)


def similar(T: int, d: int) -> Floats:
    generator = np.random.default_rng(T)
    rows_td = generator.random(d) + generator.random((T, d)) / 100
    return rows_td / rows_td.sum(axis=1, keepdims=True)


MAPS = {"phones": phones, "similar": similar}


def seconds(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Return median wall and CPU seconds of several calls after a first call that does not count."""

    def measure() -> tuple[float, float]:
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        return time.perf_counter() - wall, time.process_time() - cpu

    walls, cpus = zip(*[measure() for _ in range(times + 1)][1:], strict=True)
    return statistics.median(walls), statistics.median(cpus)


def time_row(name: str, T: int, d: int) -> str:
    features = MAPS[name](T, d)
    alpha = median_distance(features)
    single = seconds(lambda: detect_boundaries(features, alpha, 0.9), times=5)
    many = seconds(lambda: boundary_scores_per_frame(features, alpha, BETAS), times=3)
    times = ", ".join(f"{wall:.2f} s (CPU {cpu:.2f}) for {n}" for n, (wall, cpu) in ((1, single), (len(BETAS), many)))
    return f"{name:<7} T {T:>5}  d {d:>4}: {times} betas"


def tuning_row(name: str, T: int, d: int) -> str:
    """Return the time of the whole grid on ten utterances, as `otoscope segment` tunes each head."""
    features = MAPS[name](T, d)
    part = [LabelledFeatures(features, 0.05 + 0.08 * np.arange(int(T / 8) - 1))] * 10
    wall, cpu = seconds(lambda: tune(part), times=1)
    return f"{name:<7} T {T:>5}  d {d:>4}: {wall:.2f} s (CPU {cpu:.2f}) to tune a head on {T / 10:.0f} s"


def memory_row(name: str, T: int, d: int) -> str:
    features = MAPS[name](T, d)
    alpha = median_distance(features)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    detect_boundaries(features, alpha, 0.9)
    added = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return f"{name:<7} T {T:>5}  d {d:>4}: {added:6.0f} MiB added, the whole matrix has {8 * T * T / 2**20:.0f}"


def reference_row(name: str, T: int, d: int) -> str:
    features = MAPS[name](T, d)
    alpha = median_distance(features)
    _, fast = seconds(lambda: detect_boundaries(features, alpha, 0.9), times=5)
    _, slow = seconds(lambda: minima(score(filtered(kernel_gram(features, alpha), 0.9))), times=1)
    return f"{name:<7} T {T:>5}  d {d:>4}: {slow:.2f} CPU s of the reference, {slow / fast:.0f} times the detector"


ROWS: dict[str, tuple[Callable[[str, int, int], str], str, int, int]] = {
    "30 s": (time_row, "phones", 3000, 3000),
    "30 s, worst case": (time_row, "similar", 3000, 3000),
    "30 s, 80 bands": (time_row, "phones", 3000, 80),
    "tuning": (tuning_row, "phones", 300, 300),
    "reference": (reference_row, "phones", REFERENCE_FRAMES, REFERENCE_FRAMES),
    "memory, 30 s": (memory_row, "phones", 3000, 80),
    "memory, 2 minutes": (memory_row, "phones", 12000, 80),
}


def print_table() -> None:
    for row in ROWS:
        environment = os.environ | {"OMP_NUM_THREADS": "2"}
        subprocess.run([sys.executable, __file__, "--row", row], env=environment, check=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--row", choices=ROWS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        row, name, T, d = ROWS[options.row]
        print(row(name, T, d), flush=True)
    else:
        print_table()
