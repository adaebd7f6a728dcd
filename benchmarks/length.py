"""Long audio: ten minutes through the hubert-base shape, and an hour through the bundled model in windows.

Speech is that of the folder OTOSCOPE_CORPORA (the package's own where there is none), joined until it is long enough.
Each row is a fresh process with two threads, its peak the kernel's high-water mark of resident memory (VmHWM, Linux):
of the whole process, and from the first layer on, where the convolutional front end no longer hides what follows. The
hubert-base shape has random weights.

    python benchmarks/length.py [ten-minutes] [hour]    # some rows; none named: all
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path

import numpy as np
import soundfile
import torch
from transformers.utils import logging

from model import RETURNED, high_water, reset_high_water, save_model
from otoscope import analyze, bundled, load, read_corpus
from otoscope.corpus import load_audio
from otoscope.models.encoder import Encoder

RATE = 16000
ALLOWED = 256  # MiB beyond the model's own forward
WINDOW = 60.0


def write_speech(folder: Path, seconds: float) -> Path:
    """A corpus of one utterance, joined from utterances of speech."""
    source = Path(os.environ.get("OTOSCOPE_CORPORA", bundled.speech())) / "librispeech-excerpts" / "test-other"
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


def analyzed(encoder: Encoder, corpus: str) -> None:
    analyze(encoder, corpus, Path(tempfile.mkdtemp()) / "run")


def windowed(encoder: Encoder, corpus: str) -> None:
    analyze(encoder, corpus, Path(tempfile.mkdtemp()) / "run", window=WINDOW)


WORKS: dict[str, Callable[[Encoder, str], None]] = {"plain": plain, "analyzed": analyzed, "windowed": windowed}


def measured(work: str, model: str, corpus: Path) -> tuple[float, float, float]:
    """Seconds, and peaks in MiB of the process and from layer 0 on, of one work in a fresh process."""
    command = [sys.executable, __file__, "measure", work, model, str(corpus)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | RETURNED)
    seconds, whole, later = json.loads(done.stdout.splitlines()[-1])
    return seconds, whole, later


def print_measured(work: str, model: str, corpus: str) -> None:
    before = [0.0]
    encoder = load(model, device="cpu")
    encoder.layers[0].register_forward_pre_hook(lambda *_: before.append(reset_high_water()))
    start = time.perf_counter()
    WORKS[work](encoder, corpus)
    later = high_water()
    print(json.dumps((time.perf_counter() - start, max(*before, later), later)))


def ten_minutes(scratch: Path) -> Iterator[str]:
    model, corpus = str(save_model(scratch / "base", layers=12)), write_speech(scratch / "ten-minutes", 600)
    runs = {work: measured(work, model, corpus) for work in ("plain", "analyzed")}
    for work, (seconds, whole, later) in runs.items():
        yield row(f"hubert-base shape, 10 min, {work}", seconds, whole, later)
    beyond = [runs["analyzed"][at] - runs["plain"][at] for at in (1, 2)]
    yield row("  beyond the model's own forward", runs["analyzed"][0] - runs["plain"][0], *beyond) + f" | {ALLOWED}"


def hour(scratch: Path) -> Iterator[str]:
    corpus = write_speech(scratch / "hour", 3600)
    yield row(f"bundled model, 1 h in windows of {WINDOW:g} s", *measured("windowed", "bundled", corpus))


def row(what: str, seconds: float, whole: float, later: float) -> str:
    return f"{what:46} | {seconds:8.0f} s | {whole:8.0f} | {later:8.0f}"


PARTS = {"ten-minutes": ten_minutes, "hour": hour}


def print_table(chosen: list[str]) -> None:
    print(f"{'CPU, 2 threads, float32':46} | {'time':>10} | peak MiB | layers' | at most", flush=True)
    with tempfile.TemporaryDirectory() as scratch:
        for part in chosen:
            for line in PARTS[part](Path(scratch)):
                print(line, flush=True)


if __name__ == "__main__":
    torch.set_num_threads(2)
    logging.disable_progress_bar()
    if sys.argv[1:2] == ["measure"]:
        print_measured(*sys.argv[2:])
    else:
        print_table(sys.argv[1:] or list(PARTS))
