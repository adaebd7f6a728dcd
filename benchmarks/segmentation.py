"""Time and memory to segment one head's attention map into phones, and against the steps written out to the letter.

Maps are drawn, not computed: phones of about 8 frames that attend within themselves over a noisy ground ("phones"),
and rows that are all alike, whose runs cross the whole utterance ("alike", the worst case). Each row of the table is a
fresh process with two threads; memory is what one call adds to its peak, features apart. CPU seconds are those of both
threads together: they tell a slow machine from a busy one.

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
import numpy.typing as npt

from otoscope.segmentation.detector import boundary_scores_per_frame, detect_boundaries
from otoscope.segmentation.kernel_gram import median_distance
from otoscope.segmentation.reference import filtered, kernel_gram, minima, score
from otoscope.segmentation.tuning import BETAS, LabelledFeatures, tune

Floats = npt.NDArray[np.float64]

LITERAL = 300  # frames; the work of the literal version grows with their cube


def phones(T: int, d: int) -> Floats:
    generator = np.random.default_rng(T)
    label_t = np.cumsum(generator.random(T) < 1 / 8)
    within_td = label_t[:, None] == np.resize(label_t, d)
    rows_td = within_td + generator.random((T, d)) / 8
    return rows_td / rows_td.sum(axis=1, keepdims=True)


def alike(T: int, d: int) -> Floats:
    generator = np.random.default_rng(T)
    rows_td = generator.random(d) + generator.random((T, d)) / 100
    return rows_td / rows_td.sum(axis=1, keepdims=True)


MAPS = {"phones": phones, "alike": alike}


def seconds(work: Callable[[], object], times: int) -> tuple[float, float]:
    """Wall and CPU seconds, medians of several times after one that warms up."""

    def once() -> tuple[float, float]:
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        return time.perf_counter() - wall, time.process_time() - cpu

    walls, cpus = zip(*[once() for _ in range(times + 1)][1:], strict=True)
    return statistics.median(walls), statistics.median(cpus)


def time_row(name: str, T: int, d: int) -> str:
    features = MAPS[name](T, d)
    alpha = median_distance(features)
    one = seconds(lambda: detect_boundaries(features, alpha, 0.9), times=5)
    many = seconds(lambda: boundary_scores_per_frame(features, alpha, BETAS), times=3)
    each = ", ".join(f"{wall:.2f} s (CPU {cpu:.2f}) for {n}" for n, (wall, cpu) in ((1, one), (len(BETAS), many)))
    return f"{name:<7} T {T:>5}  d {d:>4}: {each} betas"


def tuning_row(name: str, T: int, d: int) -> str:
    """All of the grid on ten utterances, which is what `otoscope segment` does for each head."""
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


def literal_row(name: str, T: int, d: int) -> str:
    features = MAPS[name](T, d)
    alpha = median_distance(features)
    _, fast = seconds(lambda: detect_boundaries(features, alpha, 0.9), times=5)
    _, slow = seconds(lambda: minima(score(filtered(kernel_gram(features, alpha), 0.9))), times=1)
    return f"{name:<7} T {T:>5}  d {d:>4}: {slow:.2f} CPU s to the letter, {slow / fast:.0f} times ours"


ROWS: dict[str, tuple[Callable[[str, int, int], str], str, int, int]] = {
    "30 s": (time_row, "phones", 3000, 3000),
    "30 s, worst case": (time_row, "alike", 3000, 3000),
    "30 s, 80 bands": (time_row, "phones", 3000, 80),
    "tuning": (tuning_row, "phones", 300, 300),
    "letter": (literal_row, "phones", LITERAL, LITERAL),
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
        measure, *what = ROWS[options.row]
        print(measure(*what), flush=True)
    else:
        print_table()
