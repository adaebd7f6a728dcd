"""Time and memory to segment one head's attention map into phones, also compared with the slow reference.

Maps are random: in "phones", frames attend to their own phone of about 8 frames, with noise. In "similar", all rows
are nearly equal, so runs cross the whole utterance: the worst case. Memory is the increase of the peak by one call,
without the features, in a fresh process. Two threads.

    python benchmarks/segmentation.py [ROW ...]
"""

import sys
from functools import partial

import numpy as np

from harness import MIB, Quantity, Row, Rows, peak_memory, reset_peak_memory, run_python, run_rows, time_pairs, time_row
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


def time_rows(name: str, T: int, d: int) -> list[Row]:
    features = MAPS[name](T, d)
    alpha = median_distance(features)
    single = partial(detect_boundaries, features, alpha, 0.9)
    many = partial(boundary_scores_per_frame, features, alpha, BETAS)
    title = f"boundaries of one map, {T} frames of {d} features, {name}"
    return [time_row(f"{title}, 1 beta", single), time_row(f"- {len(BETAS)} betas", many, times=3)]


def tuning_rows(T: int = 300) -> list[Row]:
    """Time the whole grid on ten utterances, as `otoscope segment` tunes each head."""
    part = [LabelledFeatures(phones(T, T), 0.05 + 0.08 * np.arange(int(T / 8) - 1))] * 10
    return [time_row(f"tuning of a head on {T / 10:.0f} s", partial(tune, part), times=3)]


def reference_rows(T: int = REFERENCE_FRAMES) -> list[Row]:
    features = phones(T, T)
    alpha = median_distance(features)
    pairs = time_pairs(
        partial(detect_boundaries, features, alpha, 0.9),
        lambda: minima(score(filtered(kernel_gram(features, alpha), 0.9))),
        seconds=20,
    )
    return [Row(f"slow reference over the detector, {T} frames", "x", Quantity.of([b.cpu / a.cpu for a, b in pairs]))]


def memory_rows(T: int) -> list[Row]:
    added = float(run_python(__file__, "added-memory", T))
    whole = Row("- a whole matrix", "MiB", value=8 * T * T / MIB)
    return [Row(f"memory that the detector adds, {T} frames of 80 features", "MiB", value=added), whole]


def print_added_memory(T: int) -> None:
    features = phones(T, 80)
    alpha = median_distance(features)
    reset_peak_memory()
    before = peak_memory()
    detect_boundaries(features, alpha, 0.9)
    print(peak_memory() - before)


ROWS: Rows = {
    "segment-30s": partial(time_rows, "phones", 3000, 3000),
    "segment-30s-bands": partial(time_rows, "phones", 3000, 80),
    "segment-tuning": tuning_rows,
    "segment-reference": reference_rows,
    "segment-memory-30s": partial(memory_rows, 3000),
}
LONG: Rows = {
    "segment-30s-worst": partial(time_rows, "similar", 3000, 3000),
    "segment-memory-120s": partial(memory_rows, 12000),
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["added-memory"]:
        print_added_memory(int(sys.argv[2]))
    else:
        run_rows(ROWS, LONG)
