"""Long audio: ten minutes through the hubert-base shape, and an hour through the bundled model in windows.

Speech is that of the folder OTOSCOPE_CORPORA (the package's own where there is none), joined until it is long enough.
Each row is a fresh process with two threads, its peak the kernel's high-water mark of resident memory (VmHWM, Linux):
of the whole process, and from the first layer on, where the convolutional front end no longer hides what follows. The
hubert-base shape has random weights. Both rows take minutes, and must be named.

    python benchmarks/length.py length-10min length-1h
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle
from pathlib import Path

import numpy as np
import soundfile
import torch
from transformers.utils import logging

from harness import CORPORA, Quantity, Row, Rows, peak_memory, reset_peak_memory, run_python, run_rows, time_once
from model import RETURNED, save_model
from otoscope import analyze, bundled, load, read_corpus
from otoscope.corpus import load_audio
from otoscope.models.encoder import Encoder

RATE = 16000
WINDOW = 60.0


def write_speech(folder: Path, seconds: float) -> Path:
    """A corpus of one utterance, joined from utterances of speech."""
    source = CORPORA / "librispeech-excerpts" / "test-other"
    cuts = read_corpus(source if source.is_dir() else bundled.speech(), on_skip=lambda _: None)
    waves, samples = [], 0
    for cut in cycle(cuts):
        waves.append(load_audio(cut, RATE))
        samples += len(waves[-1])
        if samples >= seconds * RATE:
            break
    folder.mkdir()
    soundfile.write(folder / "long.wav", np.concatenate(waves)[: int(seconds * RATE)], RATE)
    return folder


def plain(encoder: Encoder, corpus: str) -> None:
    (cut,) = read_corpus(corpus)
    encoder.forward_unhooked([load_audio(cut, RATE)])


def analyze_whole(encoder: Encoder, corpus: str) -> None:
    analyze(encoder, corpus, Path(tempfile.mkdtemp()) / "run")


def analyze_windows(encoder: Encoder, corpus: str) -> None:
    analyze(encoder, corpus, Path(tempfile.mkdtemp()) / "run", window=WINDOW)


WORKS: dict[str, Callable[[Encoder, str], None]] = {
    "plain": plain,
    "analyze": analyze_whole,
    "windows": analyze_windows,
}


def measure(work: str, model: Path | str, corpus: Path) -> tuple[list[float], float, float]:
    """Return CPU and wall seconds, and peaks in MiB of the process and from layer 0 on, in a fresh process."""
    lines = run_python(__file__, "measure", work, model, corpus, environment=RETURNED).splitlines()
    seconds, whole, later = json.loads(lines[-1])
    return seconds, whole, later


def print_measurement(work: str, model: str, corpus: str) -> None:
    torch.set_num_threads(2)
    before = [0.0]
    encoder = load(model, device="cpu")
    encoder.layers[0].register_forward_pre_hook(lambda *_: before.append(reset_peak_memory()))
    time = time_once(partial(WORKS[work], encoder, corpus))
    later = peak_memory()
    print(json.dumps(((time.cpu, time.wall), max(*before, later), later)))


def time_row(title: str, seconds: list[float]) -> Row:
    """Return CPU and wall seconds of one measurement."""
    cpu, wall = (Quantity.of([value]) for value in seconds)
    return Row(title, "s", cpu, wall)


def ten_minutes() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        model, corpus = save_model(Path(scratch) / "base", layers=12), write_speech(Path(scratch) / "speech", 600)
        plain, analysis = (measure(work, model, corpus) for work in ("plain", "analyze"))
    for name, (seconds, *_) in (("forward", plain), ("analyze", analysis)):
        yield time_row(f"hubert-base shape, 10 min, {name}", seconds)
    beyond = analysis[2] - plain[2]
    yield Row("- memory of analyze beyond the forward, layers", "MiB", value=beyond, goal="at most 256 MiB")


def hour() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        seconds, whole, _ = measure("windows", "bundled", write_speech(Path(scratch) / "speech", 3600))
    title = f"bundled model, 1 h in windows of {WINDOW:g} s"
    yield time_row(title, seconds)
    yield Row("- peak memory of the process", "MiB", value=whole)


LONG: Rows = {"length-10min": ten_minutes, "length-1h": hour}

if __name__ == "__main__":
    logging.disable_progress_bar()
    if sys.argv[1:2] == ["measure"]:
        print_measurement(*sys.argv[2:])
    else:
        run_rows({}, LONG)
