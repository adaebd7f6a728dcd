"""Compare a model of the shape of hubert-base with otoscope to its forward pass alone, and to code without otoscope.

The alternative is what one writes without otoscope: eager attention, `output_attentions=True`, then the formulas on the
full maps. Weights are random, audio is noise, two threads.

Peaks are measured in a fresh process each, as the kernel's high-water mark of resident memory (VmHWM), which misses
nothing between samples. It is read twice: over the whole forward, and from the first layer on, after a reset. The
convolutional front end may need more memory than all that follows, and a whole-process peak would then show no analysis
at all; differences are taken from the first layer on. Every process imports the same. VmHWM's reset is Linux only.

    python benchmarks/model.py [time] [alternative] [memory] [growth]    # some rows; none named: all
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import AutoModel, HubertConfig, HubertModel, Wav2Vec2FeatureExtractor
from transformers.utils import logging

from alternative import all_statistics
from otoscope import load
from otoscope.statistics import available_statistics

RATE = 16000
PAIRS = 5
RETURNED = {"MALLOC_MMAP_THRESHOLD_": "65536"}  # freed memory leaves the process: the front end is not counted
MIB = 2**20
Work = Callable[[np.ndarray], object]
Row = tuple[str, str, str]


def save_model(folder: Path, layers: int) -> Path:
    torch.manual_seed(0)
    HubertModel(HubertConfig(num_hidden_layers=layers)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return folder


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


def plain(folder: Path) -> tuple[HubertModel, Work]:
    """The model's own forward, as transformers runs it by default."""
    model = AutoModel.from_pretrained(folder, attn_implementation="sdpa").eval()
    return model, lambda wave: model(torch.from_numpy(wave)[None])


def with_otoscope(folder: Path) -> tuple[HubertModel, Work]:
    """Return the model, and a forward pass that also measures every statistic."""
    found = available_statistics()
    needs = frozenset().union(*(statistic.requires for statistic in found.values()))
    encoder = load(folder, device="cpu")

    def work(wave: np.ndarray) -> list[list[Tensor]]:
        values: list[list[Tensor]] = []
        encoder.measure([wave], needs, lambda _, r: values.append([s.value(r[0]) for s in found.values()]))
        return values

    return encoder.model, work


def alternative(folder: Path) -> tuple[HubertModel, Work]:
    """Full maps of all layers, then each formula in torch."""
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()

    def work(wave: np.ndarray) -> list[list[Tensor]]:
        maps = model(torch.from_numpy(wave)[None], output_attentions=True).attentions
        return [all_statistics(attention[0]) for attention in maps]

    return model, work


WORKS: dict[str, Callable[[Path], tuple[HubertModel, Work]]] = {
    "plain": plain,
    "otoscope": with_otoscope,
    "alternative": alternative,
}


def seconds_of(work: Work, wave: np.ndarray) -> float:
    start = time.perf_counter()
    work(wave)
    return time.perf_counter() - start


def time_rows(folder: Path) -> Iterator[Row]:
    """Interleaved pairs; a ratio is the median of the pairs' ratios, its spread their extremes."""
    wave = noise(60)
    base, mine = plain(folder)[1], with_otoscope(folder)[1]
    base(noise(5)), mine(noise(5))
    pairs = [(seconds_of(base, wave), seconds_of(mine, wave)) for _ in range(PAIRS)]
    yield "all statistics over plain forward, 60 s, time", spread([b / a for a, b in pairs]), "1.2x"
    yield "  plain forward alone, 60 s, time", f"{statistics.median(a for a, _ in pairs):.1f} s", "-"


def alternative_rows(folder: Path) -> Iterator[Row]:
    wave = noise(60)
    mine, other = with_otoscope(folder)[1], alternative(folder)[1]
    pairs = [(seconds_of(mine, wave), seconds_of(other, wave)) for _ in range(2)]
    yield "the alternative over otoscope, 60 s, time", spread([b / a for a, b in pairs]), "at least 2.5x"
    yield "  otoscope alone, 60 s, time", f"{statistics.median(a for a, _ in pairs):.1f} s", "-"


def spread(ratios: list[float]) -> str:
    return f"{statistics.median(ratios):.2f}x ({min(ratios):.2f} to {max(ratios):.2f}, {len(ratios)} pairs)"


def memory_rows(folder: Path) -> Iterator[Row]:
    whole, later = zip(*(peaks(name, folder, 60) for name in WORKS), strict=True)
    yield "all statistics over plain forward, 60 s, peak memory", f"{later[1] - later[0]:+.0f} MiB", "+64 MiB"
    yield "  whole process, front end included", f"{whole[1] - whole[0]:+.0f} MiB of {whole[0]:.0f}", "+64 MiB"
    yield "the alternative over otoscope, 60 s, peak memory", f"{whole[2] / whole[1]:.1f}x", "at least 3x"
    yield "  in MiB, whole process", f"{whole[2]:.0f} over {whole[1]:.0f}", "-"


def growth_rows(folder: Path, minutes: tuple[int, int] = (1, 10)) -> Iterator[Row]:
    beyond = [peaks("otoscope", folder, 60 * m)[1] - peaks("plain", folder, 60 * m)[1] for m in minutes]
    for m, extra in zip(minutes, beyond, strict=True):
        yield f"beyond the model's own forward, 2 layers, {m} min, peak memory", f"{extra:+.0f} MiB", "-"
    ratio = f"{beyond[1] / beyond[0]:.1f}x"
    yield "  10 min over 1 min", ratio, "10x: linear (quadratic: 100x)"


def peaks(name: str, folder: Path, seconds: float) -> tuple[float, float]:
    """Peak resident memory in MiB of one forward in a fresh process: of the whole process, and from layer 0 on."""
    command = [sys.executable, __file__, "peaks", name, str(folder), str(seconds)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | RETURNED)
    whole, later = json.loads(done.stdout)
    return whole, later


def print_peaks(name: str, folder: str, seconds: str) -> None:
    before: list[float] = []
    model, work = WORKS[name](Path(folder))
    work(noise(1))
    model.encoder.layers[0].register_forward_pre_hook(lambda *_: before.append(reset_high_water()))
    work(noise(float(seconds)))
    later = high_water()
    print(json.dumps((max(*before, later), later)))


def high_water() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 / MIB for line in lines if line.startswith("VmHWM"))


def reset_high_water() -> float:
    """The mark so far; from now on it counts anew."""
    mark = high_water()
    Path("/proc/self/clear_refs").write_text("5")
    return mark


def table(rows: Iterator[Row]) -> None:
    print(f"{'what (hubert-base shape, random weights, CPU, 2 threads)':66} | {'measured':38} | at most")
    for what, measured, most in rows:
        print(f"{what:66} | {measured:38} | {most}", flush=True)


def all_rows(chosen: set[str]) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        base = save_model(Path(scratch) / "base", layers=12)
        if "time" in chosen:
            yield from time_rows(base)
        if "alternative" in chosen:
            yield from alternative_rows(base)
        if "memory" in chosen:
            yield from memory_rows(base)
        if "growth" in chosen:
            yield from growth_rows(save_model(Path(scratch) / "two", layers=2))


if __name__ == "__main__":
    torch.set_num_threads(2)
    torch.set_grad_enabled(False)
    logging.disable_progress_bar()
    if sys.argv[1:2] == ["peaks"]:
        print_peaks(*sys.argv[2:])
    else:
        table(all_rows(set(sys.argv[1:]) or {"time", "alternative", "memory", "growth"}))
