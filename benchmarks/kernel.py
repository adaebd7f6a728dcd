"""The attention kernel with all statistics and the output, over plain attention of torch: 12 heads of 64 features.

The other rows: relations of 40 phones over all other statistics; whole maps `[H, T, T]` and direct formulas in torch,
the alternative; the parts of the kernel; memory that one call adds to a new process.

    python benchmarks/kernel.py [ROW ...]
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product

import numpy as np
import torch
import torch.nn.functional as F

from alternative import all_statistics
from harness import Row, Rows, Work, peak_memory, ratio_row, reset_peak_memory, run_python, run_rows, time_once
from otoscope.attention.inputs import AttentionOptions
from otoscope.attention.kernels import row_programs
from otoscope.attention.kernels.row_kernel import _label_arrays
from otoscope.attention.kernels.torch_tiles import attend
from otoscope.attention.labels import Labels
from otoscope.statistics import available_statistics
from otoscope.statistics.statistic import Statistic

HEADS, FEATURES, PHONES = 12, 64, 40
SCALING = FEATURES**-0.5
LENGTHS = (150, 500, 1500, 3000)
NO_BIAS = np.empty((0, 0), np.float32)
GOALS = {1500: "at most 1.25x", 3000: "at most 1.25x"}


def states(T: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(T)
    return [torch.randn(1, HEADS, T, FEATURES, generator=generator) for _ in range(3)]


def labels(T: int) -> Labels:
    """Return phones of one to eight frames."""
    random = np.random.default_rng(0)
    phone = random.integers(0, PHONES, 2 * T).repeat(random.integers(2, 17, 2 * T))
    return Labels(torch.from_numpy(phone[: 2 * T].reshape(T, 2)), PHONES)


def plain(T: int) -> Work:
    query, key, value = states(T)
    return lambda: F.scaled_dot_product_attention(query, key, value, scale=SCALING)


def otoscope(T: int, phones: bool = False) -> Work:
    """Return the kernel with the statistics, with or without those of phones."""
    names = tuple(f"p{y}" for y in range(PHONES)) if phones else ()
    chosen = list(available_statistics(names).values())
    needs = frozenset[str]().union(*(statistic.requires for statistic in chosen))
    options = AttentionOptions(scaling=SCALING, needs=needs, labels=[labels(T)] if phones else None)
    return partial(attend_and_compute, states(T), options, chosen)


def attend_and_compute(inputs: list[torch.Tensor], options: AttentionOptions, chosen: list[Statistic]) -> object:
    query, key, value = inputs
    context, [reductions] = attend(query, key, value, options)
    return context, [statistic.compute(reductions) for statistic in chosen]


def whole_maps(T: int) -> Work:
    query, key, value = states(T)

    def work() -> object:
        A = (SCALING * query @ key.mT).softmax(-1)
        return A @ value, all_statistics(A[0])

    return work


def kernel_row(T: int, threads: int) -> list[Row]:
    torch.set_num_threads(threads)
    work = f"all statistics and output over plain attention, {T} frames, {threads} thread{'s' * (threads > 1)}"
    return ratio_row(work, plain(T), otoscope(T), GOALS.get(T, ""))


def phones_row(T: int) -> list[Row]:
    torch.set_num_threads(1)
    work = f"relations of {PHONES} phones over all other statistics, {T} frames, 1 thread"
    return ratio_row(work, otoscope(T), otoscope(T, phones=True), "at most 1.04x")


def whole_maps_row(T: int) -> list[Row]:
    torch.set_num_threads(2)
    return ratio_row(f"whole maps over otoscope, {T} frames, 2 threads", otoscope(T), whole_maps(T), seconds=20)


def parts_rows(T: int = 1500, times: int = 5) -> Iterator[Row]:
    """Run the programs of the kernel block by block, and return the share of each in their CPU time."""
    torch.set_num_threads(1)
    program = BlockProgram(T)
    for _ in range(1 + times):
        seconds: dict[str, float] = defaultdict(float)
        for head, first in product(range(HEADS), range(0, T, row_programs.BLOCK)):
            for part, work in program.parts(head, first).items():
                seconds[part] += time_once(work).cpu
    title = f"kernel with {PHONES} phones, {T} frames, 1 thread"
    for part, value in seconds.items():
        yield Row(f"{title}: {part}", "%", value=100 * value / sum(seconds.values()))


class BlockProgram:
    """What `row_programs._attend_heads` does with a block of queries, part by part, from Python."""

    def __init__(self, T: int) -> None:
        self.query, self.key, self.value = (x[0].numpy() for x in states(T))
        self.labels = _label_arrays(labels(T))
        self.scale_t = (1 / np.maximum(np.arange(T), T - 1 - np.arange(T))).astype(np.float32)
        self.rows, self.offsets = np.zeros((3, T), np.float32), np.zeros((2, 2 * T - 1), np.float32)
        self.mass, self.own = np.zeros((PHONES, T), np.float32), np.zeros(PHONES, np.float32)
        self.radius = T

    def parts(self, head: int, first: int) -> dict[str, Work]:
        """Return the work of each part, in order; they share the scores of the block."""
        block = self.query[head, first : first + row_programs.BLOCK] * np.float32(SCALING)
        S = np.empty((len(block), self.radius), np.float32)
        (starts, phones, run_starts, runs), (shares, run_shares, keys), run_z = self.labels
        return {
            "scores": partial(np.dot, block, self.key[head].T, S),
            "softmax, maximum and entropy": partial(
                row_programs._weigh_rows, S, NO_BIAS, first, 0, self.radius, *self.rows[:2]
            ),
            "column sums and both histograms": partial(
                row_programs._add_rows, S, first, self.scale_t, self.rows[2], *self.offsets
            ),
            "phones": partial(row_programs._add_label_rows, S, first, 0, starts, phones, shares, self.mass),
            "own runs": partial(
                row_programs._add_own_runs, S, first, 0, run_starts, runs, run_shares, run_z, keys, self.own
            ),
            "context": partial(np.dot, S, self.value[head]),
        }


WORKS: dict[str, Callable[[int], Work]] = {"plain": plain, "otoscope": otoscope, "whole": whole_maps}


def memory_row(T: int) -> Iterator[Row]:
    for name in WORKS:
        added = float(run_python(__file__, "added-memory", name, T))
        yield Row(f"memory that one call adds, {T} frames: {name}", "MiB", value=added)


def print_added_memory(name: str, T: int) -> None:
    WORKS[name](64)()
    work = WORKS[name](T)
    before = reset_peak_memory() and peak_memory()
    work()
    print(peak_memory() - before)


ROWS: Rows = {
    **{f"kernel-{T}": partial(kernel_row, T, 2) for T in LENGTHS},
    **{f"kernel-{T}-one-thread": partial(kernel_row, T, 1) for T in LENGTHS},
    **{f"phones-{T}": partial(phones_row, T) for T in LENGTHS[2:]},
    "kernel-parts": parts_rows,
    "whole-maps-1500": partial(whole_maps_row, 1500),
    "kernel-memory-3000": partial(memory_row, 3000),
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["added-memory"]:
        print_added_memory(sys.argv[2], int(sys.argv[3]))
    else:
        run_rows(ROWS)
