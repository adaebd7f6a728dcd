"""Time and memory to segment one head's attention map into phones, and the cost of the whole command.

Maps are random: in "phones", frames attend to their own phone of about 8 frames, with noise. In "similar", all rows
are nearly equal, so runs cross the whole utterance: the worst case. Memory is the increase of the peak by one call,
without the features, in a fresh process. Two threads.

The command is compared with the forwards that it needs: each utterance through the model once per shift.

    python benchmarks/segmentation.py [ROW ...]
"""

import sys
import tempfile
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from lhotse import MonoCut

import otoscope
from harness import (
    CORPORA,
    MIB,
    MODELS,
    Quantity,
    Row,
    Rows,
    peak_memory,
    require_path,
    reset_peak_memory,
    run_python,
    run_rows,
    time_once,
    time_pairs,
    time_row,
)
from otoscope.runs.speech_source import make_source, read_speech
from otoscope.segmentation.kernel_gram import median_distance
from otoscope.segmentation.kernel_gram_detector import boundary_scores_per_frame, detect_boundaries
from otoscope.segmentation.reference import filtered, kernel_gram, minima, score
from otoscope.segmentation.shifted_features import shifted_waves
from otoscope.segmentation.tuning import BETAS, LabelledFeatures, tune
from otoscope.typing import Floats

VALIDATION = ("dr1-fvmh0", "dr1-mcpm0", "dr2-marc0")
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


def command_rows(model: str, limit: int) -> list[Row]:
    """Time `otoscope segment` over the forwards of the model, without maps; one pair, after a first forward."""
    corpus = require_path(CORPORA / "timit-sample")
    encoder = otoscope.load(model if model == "bundled" else require_path(MODELS / model))
    speech = otoscope.SpeechOptions(sample=limit, balanced="speaker")
    tuning = otoscope.SegmentationOptions(validation=VALIDATION)
    cuts = read_speech(make_source(corpus, speech), encoder).cuts
    seconds = sum(cut.duration for cut in cuts)
    with tempfile.TemporaryDirectory() as folder:
        forward(encoder, cuts[:1], 1)
        base = time_once(partial(forward, encoder, cuts, tuning.shifts))
        work = time_once(
            partial(otoscope.segment, encoder, corpus, Path(folder, "run"), segmentation=tuning, options=speech)
        )
    title = f"segment, {model}, {len(cuts)} utterances of {seconds:.0f} s"
    per_minute = 60 / seconds * work.cpu
    return [
        Row(f"{title}, over its forwards", "x", Quantity.of([work.cpu / base.cpu]), goal="2.5x"),
        Row("- CPU for a minute of audio", "s", value=per_minute),
        Row("- forwards alone, for a minute of audio", "s", value=60 / seconds * base.cpu),
    ]


def forward(encoder: otoscope.Encoder, cuts: Iterable[MonoCut], shifts: int) -> None:
    for cut in cuts:
        wave = encoder.load_wave(cut)
        for _, rest in shifted_waves(wave, encoder.sampling_rate, encoder.frame_period, shifts):
            with torch.inference_mode():
                encoder.model(**encoder.inputs([rest]))


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
    "segment-command": partial(command_rows, "bundled", 48),
    "segment-command-whisper": partial(command_rows, "whisper-tiny.en", 12),
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["added-memory"]:
        print_added_memory(int(sys.argv[2]))
    else:
        run_rows(ROWS, LONG)
