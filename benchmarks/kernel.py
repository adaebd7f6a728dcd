"""Measure the cost of attention with all statistics, by tiles (otoscope) and by whole maps (the alternative).

otoscope computes the output and the reductions in tiles, then the statistics. The alternative computes whole maps
`[H, T, T]`, then the formulas in torch. Both are ratios to scaled dot product attention alone. A timing of that
precedes each timing; the ratio is the median over the pairs, the spread its middle half. Peak memory is what one call
adds to a new process (Linux).

    python benchmarks/kernel.py
"""

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F

from alternative import all_statistics
from otoscope.attention.inputs import AttentionOptions
from otoscope.attention.kernels.torch_tiles import attend
from otoscope.statistics import available_statistics

HEADS, FEATURES, THREADS = 12, 64, 2
LENGTHS = (1500, 3000)
SCALING = FEATURES**-0.5
STATISTICS = available_statistics()
NEEDS = frozenset().union(*(statistic.requires for statistic in STATISTICS.values()))

Attention = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], object]


def plain(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> object:
    return F.scaled_dot_product_attention(query, key, value, scale=SCALING)


def tiles(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> object:
    context, [reductions] = attend(query, key, value, AttentionOptions(scaling=SCALING, needs=NEEDS))
    return context, [statistic.compute(reductions) for statistic in STATISTICS.values()]


def whole_maps(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> object:
    A = (SCALING * query @ key.mT).softmax(-1)
    return A @ value, all_statistics(A[0])


ALTERNATIVES: dict[str, Attention] = {"plain": plain, "otoscope": tiles, "whole maps": whole_maps}


def states(T: int) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(T)
    return [torch.randn(1, HEADS, T, FEATURES, generator=generator) for _ in range(3)]


def seconds(attention: Attention, inputs: list[torch.Tensor]) -> float:
    start = time.perf_counter()
    attention(*inputs)
    return time.perf_counter() - start


def ratios(attention: Attention, T: int, pairs: int) -> list[float]:
    """Return the times of `attention` over those of plain attention immediately before, one per pair."""
    inputs = states(T)
    for warm_up in (plain, attention):
        warm_up(*inputs)
    paired = [(seconds(plain, inputs), seconds(attention, inputs)) for _ in range(pairs)]
    return [measured / base for base, measured in paired]


def added_memory(name: str, T: int) -> float:
    """Return the MiB that one call adds to the peak memory of a new process."""
    command = [sys.executable, __file__, "--memory-of", name, "--length", str(T)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def print_added_memory(name: str, T: int) -> None:
    inputs = states(T)
    ALTERNATIVES[name](*(x[:, :, :64].contiguous() for x in inputs))
    Path("/proc/self/clear_refs").write_text("5")  # resets the peak
    before = peak_memory()
    ALTERNATIVES[name](*inputs)
    print(peak_memory() - before)


def peak_memory() -> float:
    """Return the peak resident memory of this process in MiB."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) / 1024


def print_table(pairs: int) -> None:
    print(f"H {HEADS}, d {FEATURES}, float32, {THREADS} threads; time over plain attention: median [middle half]")
    print(f"{'T':>5}  {'':<10}  {'time':>5}  {'spread':>13}  {'peak MiB':>8}")
    for T in LENGTHS:
        for name, attention in ALTERNATIVES.items():
            times = ratios(attention, T, pairs if name != "whole maps" else max(3, pairs // 5))
            low, middle, high = statistics.quantiles(times, n=4)
            print(
                f"{T:>5}  {name:<10}  {middle:>5.2f}  [{low:.2f}, {high:.2f}]  {added_memory(name, T):>8.0f}",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=25, help="timings per row")
    parser.add_argument("--memory-of", choices=ALTERNATIVES, help=argparse.SUPPRESS)
    parser.add_argument("--length", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    torch.set_num_threads(THREADS)
    if options.memory_of:
        print_added_memory(options.memory_of, options.length)
    else:
        print_table(options.pairs)
