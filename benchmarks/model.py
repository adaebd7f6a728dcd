"""A model of the shape of hubert-base with all statistics, over its forward alone and under code without otoscope.

The alternative is what one writes without otoscope: eager attention, `output_attentions=True`, then the formulas on the
full maps. Weights are random, audio is noise, two threads.

Peaks are measured in a fresh process each, as the kernel's high-water mark of resident memory (VmHWM), which misses
nothing between samples. It is read twice: over the whole forward, and from the first layer on, after a reset. The
convolutional front end may need more memory than all that follows, and a whole-process peak would then show no analysis
at all; differences are taken from the first layer on. Every process imports the same and loads the compiled kernel,
whose own memory is a row. VmHWM's reset is Linux only.

    python benchmarks/model.py [ROW ...]
"""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from transformers import AutoModel, HubertConfig, HubertModel, Wav2Vec2FeatureExtractor
from transformers.utils import logging

from alternative import all_statistics
from harness import Row, Rows, Work, peak_memory, ratio_row, reset_peak_memory, run_python, run_rows
from kernel import labels
from otoscope import load
from otoscope.attention.kernels.row_kernel import _compiled as compiled_kernel
from otoscope.statistics import available_statistics

RATE = 16000
RETURNED = {"MALLOC_MMAP_THRESHOLD_": "65536"}  # freed memory leaves the process: the front end is not counted
PHONES = tuple(f"p{y}" for y in range(40))
Waves = Callable[[np.ndarray], object]


def save_model(folder: Path, layers: int) -> Path:
    torch.manual_seed(0)
    HubertModel(HubertConfig(num_hidden_layers=layers)).save_pretrained(folder)
    Wav2Vec2FeatureExtractor(do_normalize=True).save_pretrained(folder)
    return folder


def noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, int(seconds * RATE)).astype(np.float32)


def plain(folder: Path) -> tuple[HubertModel, Waves]:
    """Return the model, and its own forward as transformers runs it by default."""
    model = AutoModel.from_pretrained(folder, attn_implementation="sdpa").eval()
    return model, lambda wave: model(torch.from_numpy(wave)[None])


def with_otoscope(folder: Path, phones: tuple[str, ...] = ()) -> tuple[HubertModel, Waves]:
    """Return the model, and a forward pass that also measures every statistic."""
    chosen = available_statistics(phones).values()
    needs = frozenset[str]().union(*(statistic.requires for statistic in chosen))
    encoder = load(folder, device="cpu")

    def work(wave: np.ndarray) -> list[list[Tensor]]:
        values: list[list[Tensor]] = []
        frames = [labels(encoder.num_frames(wave))] if phones else None
        encoder.measure([wave], needs, lambda _, r: values.append([s.compute(r[0]) for s in chosen]), frames)
        return values

    return encoder.model, work


def alternative(folder: Path) -> tuple[HubertModel, Waves]:
    """Return the model, and a forward with full maps of all layers, then each formula in torch."""
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()

    def work(wave: np.ndarray) -> list[list[Tensor]]:
        maps = model(torch.from_numpy(wave)[None], output_attentions=True).attentions
        return [all_statistics(attention[0]) for attention in maps]

    return model, work


WORKS: dict[str, Callable[[Path], tuple[HubertModel, Waves]]] = {
    "plain": plain,
    "otoscope": with_otoscope,
    "alternative": alternative,
}


def prepare(work: Callable[[Path], tuple[HubertModel, Waves]], layers: int, seconds: float) -> Work:
    with tempfile.TemporaryDirectory() as scratch:
        return partial(work(save_model(Path(scratch), layers))[1], noise(seconds))


def time_rows(seconds: float) -> list[Row]:
    base, work = (prepare(work, 12, seconds) for work in (plain, with_otoscope))
    return ratio_row(
        f"hubert-base shape, {seconds:g} s, all statistics over its forward", base, work, goal="at most 1.06x"
    )


def phone_rows(seconds: float) -> list[Row]:
    base, work = (prepare(work, 12, seconds) for work in (with_otoscope, partial(with_otoscope, phones=PHONES)))
    return ratio_row(f"hubert-base shape, {seconds:g} s, with relations of 40 phones over without", base, work)


def alternative_rows(seconds: float) -> list[Row]:
    base, work = (prepare(work, 12, seconds) for work in (with_otoscope, alternative))
    return ratio_row(
        f"hubert-base shape, {seconds:g} s, the alternative over otoscope", base, work, goal="at least 2.5x"
    )


def memory_rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = save_model(Path(scratch), layers=12)
        whole, later = zip(*(peaks(name, folder, 60) for name in WORKS), strict=True)
    yield Row("peak memory beyond the forward, 60 s", "MiB", value=later[1] - later[0], goal="at most 19 MiB")
    compiler = float(run_python(__file__, "compiler"))
    yield Row("- numba and the compiled kernel, once in a process", "MiB", value=compiler)
    yield Row("- of the whole process, front end included", "MiB", value=whole[1])
    yield Row("the alternative over otoscope, 60 s, peak memory", "x", value=whole[2] / whole[1], goal="at least 3x")


def growth_rows(minutes: tuple[int, int] = (1, 10)) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as scratch:
        folder = save_model(Path(scratch), layers=2)
        beyond = [peaks("otoscope", folder, 60 * m)[1] - peaks("plain", folder, 60 * m)[1] for m in minutes]
    for m, extra in zip(minutes, beyond, strict=True):
        yield Row(f"peak memory beyond the forward, 2 layers, {m} min", "MiB", value=extra)
    yield Row("- 10 min over 1 min", "x", value=beyond[1] / beyond[0], goal="linear: 10x (quadratic: 100x)")


def peaks(name: str, folder: Path, seconds: float) -> tuple[float, float]:
    """Return peaks in MiB of one forward in a fresh process: of the whole process, and from layer 0 on."""
    whole, later = json.loads(run_python(__file__, "peaks", name, folder, seconds, environment=RETURNED))
    return whole, later


def print_peaks(name: str, folder: str, seconds: str) -> None:
    torch.set_num_threads(2)
    torch.set_grad_enabled(False)
    before: list[float] = []
    compiled_kernel()
    model, work = WORKS[name](Path(folder))
    work(noise(1))
    model.encoder.layers[0].register_forward_pre_hook(lambda *_: before.append(reset_peak_memory()))
    work(noise(float(seconds)))
    later = peak_memory()
    print(json.dumps((max(*before, later), later)))


def print_compiler() -> None:
    """Print what numba and the compiled kernel add to the peak of a process that has imported all else, in MiB."""
    before = reset_peak_memory()
    compiled_kernel()
    print(peak_memory() - before)


ROWS: Rows = {
    "model-10s": partial(time_rows, 10),
    "model-60s": partial(time_rows, 60),
    "model-phones-30s": partial(phone_rows, 30),
    "model-memory-60s": memory_rows,
}
LONG: Rows = {"model-alternative-60s": partial(alternative_rows, 60), "model-memory-growth": growth_rows}

if __name__ == "__main__":
    logging.disable_progress_bar()
    if sys.argv[1:2] == ["peaks"]:
        print_peaks(*sys.argv[2:])
    elif sys.argv[1:2] == ["compiler"]:
        print_compiler()
    else:
        run_rows(ROWS, LONG)
