"""What an hour of audio costs by model, and from there large corpora on a cluster: processor time, bytes, bottleneck.

One thread; times are CPU seconds, which other jobs on the machine hardly change. Speech is a sample of TIMIT in the
folder `OTOSCOPE_CORPORA`, or the bundled speech; models are bundled, the shape of hubert-base with random weights, and
the folders named by `OTOSCOPE_MODELS`.

    python benchmarks/scale_cost.py [seconds of audio]
"""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch
from lhotse import MonoCut

from model import save_model
from otoscope import load, read_corpus
from otoscope.analysis.phone_labels import make_labeler
from otoscope.analysis.shard_files import decode_shard, encode_shard, write_shard
from otoscope.analysis.shards import ShardOptions, measure
from otoscope.bundled import speech
from otoscope.corpus.audio_content import ContentCache
from otoscope.corpus.cut_fingerprint import cut_digest
from otoscope.models.encoder import Encoder
from otoscope.statistics import available_statistics

HOUR, GB = 3600.0, 1e9
CORES = {1_000: 64, 60_000: 1024}
"""Hours of audio, and cores of the cluster."""
UTTERANCE_SECONDS = 12.0
FLAC_MB_PER_HOUR = 57.6  # 16 kHz, 16 bits, half of its size after compression

T = TypeVar("T")


@dataclass(frozen=True)
class Cost:
    """CPU seconds for an hour of audio, by what they are spent on, and bytes of the rows of an utterance."""

    model: str
    read: float
    decode: float
    measure: float
    write: float
    row_bytes: int

    @property
    def total(self) -> float:
        return self.read + self.decode + self.measure + self.write


def main(seconds: float) -> None:
    """Print the two tables."""
    torch.set_num_threads(1)
    costs = [cost(name, model, seconds) for name, model in models()]
    print("| model | hash | decode | model and statistics | shards | all, CPU seconds an hour of audio | largest |")
    print("|---|---|---|---|---|---|---|")
    for one in costs:
        parts = {"hash": one.read, "decode": one.decode, "model": one.measure, "shards": one.write}
        texts = " | ".join(f"{value:.1f}" for value in parts.values())
        share = max(parts.values()) / one.total
        print(f"| {one.model} | {texts} | {one.total:.0f} | {max(parts, key=parts.__getitem__)}, {share:.0%} |")
    print("\n| model | corpus | cores | hours | audio, GB | audio read, MB/s | rows of the run, GB |")
    print("|---|---|---|---|---|---|---|")
    for one in costs:
        for hours, cores in CORES.items():
            wall, audio = one.total * hours / cores, hours * FLAC_MB_PER_HOUR
            rows = hours * HOUR / UTTERANCE_SECONDS * one.row_bytes / GB
            numbers = f"{wall / HOUR:.2g} | {audio / 1000:.0f} | {audio / wall:.1f} | {rows:.0f}"
            print(f"| {one.model} | {hours:,} h | {cores:,} | {numbers} |")


def models() -> Iterator[tuple[str, Encoder]]:
    """Yield the name and the encoder of each model."""
    yield "bundled", load("bundled", device="cpu")
    if root := os.environ.get("OTOSCOPE_MODELS"):
        for folder in sorted(path for path in Path(root).iterdir() if path.is_dir()):
            yield folder.name, load(folder, device="cpu")
    with tempfile.TemporaryDirectory() as empty:
        yield "hubert-base", load(save_model(Path(empty), 12), device="cpu")


def cost(name: str, encoder: Encoder, seconds: float) -> Cost:
    """Measure a model on so many seconds of speech."""
    cuts = list(_first(seconds))
    audio = sum(cut.duration for cut in cuts)
    labeler = make_labeler(encoder, cuts)
    statistics = available_statistics(labeler.inventory.phones if labeler else (), encoder.model_reductions)
    read, _ = _timed(lambda: [cut_digest(cut, ContentCache()) for cut in cuts])
    decode, _ = _timed(lambda: [encoder.load_wave(cut) for cut in cuts])
    measure(encoder, list(enumerate(cuts[:1])), statistics, ShardOptions(labeler))  # compiles the kernel
    whole, result = _timed(lambda: measure(encoder, list(enumerate(cuts)), statistics, ShardOptions(labeler)))
    with tempfile.TemporaryDirectory() as folder:
        write, _ = _timed(lambda: write_shard(Path(folder), 0, encode_shard(result)))
        read_back, _ = _timed(lambda: decode_shard(next(Path(folder).rglob("*.npz"))))
    row_bytes = sum(next(iter(rows.values())).nbytes for rows in result.state.rows.values())
    hourly = HOUR / audio
    return Cost(
        name,
        read=hourly * read,
        decode=hourly * decode,
        measure=hourly * max(whole - decode - read, 0.0),
        write=hourly * (write + read_back),
        row_bytes=row_bytes,
    )


def _first(seconds: float) -> Iterator[MonoCut]:
    """Yield the first cuts of the speech, at most so many seconds."""
    root = os.environ.get("OTOSCOPE_CORPORA")
    for cut in read_corpus(Path(root, "timit-sample") if root else speech()):
        seconds -= cut.duration
        if seconds < 0:
            return
        yield cut


def _timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return the CPU seconds of some work, and its result."""
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
