"""Time two works in interleaved pairs, and keep rows of results as JSON. Every benchmark uses this module.

A pair runs both works, one after the other; the order alternates. A ratio is the median over the pairs, its spread
their middle half. Pairs are added until the 95 % interval of the median of the CPU time ratios is narrower than
`PRECISION` of it, at most `MAX_PAIRS` pairs or about `MAX_SECONDS`. CPU time counts all threads and finished child
processes; other processes affect it less than wall time.
"""

import argparse
import json
import math
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch

from otoscope._io.idle_threads import SPIN_COUNT, WAITING

PRECISION = 0.05
MIN_PAIRS, MAX_PAIRS = 6, 60  # of fewer than 6 values, no interval of the median has 95 %
MAX_SECONDS = 60.0
MIB = 2**20
RECORD = Path(__file__).parent / "results.json"
MODELS, CORPORA = (
    Path(os.environ.get(f"OTOSCOPE_{name}", Path(__file__).parents[2] / "shared" / name.lower()))
    for name in ("MODELS", "CORPORA")
)
PACKAGES = ("otoscope", "torch", "numba", "numpy", "scipy", "transformers")
AXES = ("cpu", "wall")
Work = Callable[[], object]


@dataclass(frozen=True)
class Time:
    """Seconds of one work."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Quantity:
    """Median and middle half of some values."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Quantity":
        low, median, high = statistics.quantiles(values, n=4) if len(values) > 1 else 3 * [values[0]]
        return cls(median, low, high, len(values))


@dataclass(frozen=True)
class Row:
    """A line of the page: what was measured, in a unit (`x`, `s`, `MiB` ...), and the goal."""

    work: str
    unit: str
    cpu: Quantity | None = None
    wall: Quantity | None = None
    value: float | None = None
    goal: str = ""


def time_once(work: Work) -> Time:
    wall, cpu = time.perf_counter(), cpu_seconds()
    work()
    return Time(time.perf_counter() - wall, cpu_seconds() - cpu)


def cpu_seconds() -> float:
    """Return CPU seconds of this process and of its finished children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def time_pairs(base: Work, work: Work, seconds: float = MAX_SECONDS) -> list[tuple[Time, Time]]:
    """Return the times of `base` and `work`, pair by pair, after one call of each that does not count."""
    base(), work()
    pairs: list[tuple[Time, Time]] = []
    end = time.perf_counter() + seconds
    while len(pairs) < MIN_PAIRS or (len(pairs) < MAX_PAIRS and time.perf_counter() < end):
        if len(pairs) >= MIN_PAIRS and relative_width([b.cpu / a.cpu for a, b in pairs]) < PRECISION:
            break
        if len(pairs) % 2:
            times = time_once(work), time_once(base)
            pairs.append(times[::-1])
        else:
            pairs.append((time_once(base), time_once(work)))
    return pairs


def relative_width(values: Sequence[float]) -> float:
    """Return the width of the 95 % interval of the median, from order statistics, over the median."""
    n, outside, place = len(values), 0.0, -1
    while (outside := outside + math.comb(n, place + 1) / 2 ** (n - 1)) <= 0.05:
        place += 1
    if place < 0:
        return math.inf
    ordered = sorted(values)
    return (ordered[n - 1 - place] - ordered[place]) / statistics.median(values)


def ratio_row(title: str, base: Work, work: Work, goal: str = "", seconds: float = MAX_SECONDS) -> list[Row]:
    """Return the ratio of a work to a base, and the time of the base."""
    pairs = time_pairs(base, work, seconds)
    cpu, wall = (Quantity.of([getattr(b, at) / getattr(a, at) for a, b in pairs]) for at in AXES)
    return [Row(title, "x", cpu, wall, goal=goal), _of_times("- of", [a for a, _ in pairs])]


def time_row(title: str, work: Work, times: int = 5, goal: str = "", warm: int = 1) -> Row:
    """Return the time of a work, after `warm` calls that do not count."""
    times_of_work = [time_once(work) for _ in range(warm + times)][warm:]
    return _of_times(title, times_of_work, goal)


def _of_times(title: str, times: Sequence[Time], goal: str = "") -> Row:
    cpu, wall = (Quantity.of([getattr(each, at) for each in times]) for at in AXES)
    return Row(title, "s", cpu, wall, goal=goal)


def run_python(*arguments: object, environment: Mapping[str, str] = MappingProxyType({})) -> str:
    """Return what a new Python process prints."""
    command = [sys.executable, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ | environment).stdout


def peak_memory() -> float:
    """Return the peak resident memory of this process in MiB since the last reset."""
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].split()[0]) * 1024 / MIB


def reset_peak_memory() -> float:
    """Return the peak so far; from now on it counts anew (Linux)."""
    peak = peak_memory()
    Path("/proc/self/clear_refs").write_text("5")
    return peak


def machine() -> dict[str, str]:
    """Return the processor, the accelerator if there is one, and the versions."""
    cpuinfo = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    models = [line.split(":")[1].strip() for line in cpuinfo.splitlines() if line.startswith("model name")]
    processor = models[0] if models else platform.processor()
    gpu = {"gpu": torch.cuda.get_device_name()} if torch.cuda.is_available() else {}
    return {"processor": f"{os.cpu_count()} x {processor}", **gpu, "python": platform.python_version(), **versions()}


def versions() -> dict[str, str]:
    numbers = {}
    for package in PACKAGES:
        try:
            numbers[package] = version(package)
        except PackageNotFoundError:
            numbers[package] = "absent"
    return numbers


class Load:
    """The share of the machine's processors that other processes use, from its making on (Linux)."""

    def __init__(self) -> None:
        self._busy, self._own, self._start = busy_seconds(), cpu_seconds(), time.perf_counter()

    def share(self) -> float:
        others = busy_seconds() - self._busy - (cpu_seconds() - self._own)
        return max(0.0, others / (time.perf_counter() - self._start) / (os.cpu_count() or 1))


def busy_seconds() -> float:
    """Return the seconds that all processors were busy since the machine started."""
    user, nice, system, _, _, irq, softirq = map(int, Path("/proc/stat").read_text().split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


Rows = Mapping[str, Callable[[], Iterable[Row]]]


def run_rows(rows: Rows, long: Rows = MappingProxyType({}), threads: int = 2) -> None:
    """Measure the rows that the command line names, or all but the long ones; print and record each."""
    if not any(variable in os.environ for variable in WAITING):  # as in the command; torch has read its settings
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {WAITING[0]: SPIN_COUNT})
    every = {**rows, **long}
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument(
        "rows", nargs="*", choices=[*every, []], metavar="ROW", help="rows to measure; long ones only by name"
    )
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    print(", ".join(f"{name} {value}" for name, value in machine().items()), flush=True)
    for name in parser.parse_args().rows or rows:
        load = Load()
        try:
            lines = list(every[name]())
        except MissingError as missing:
            print(f"{name}: not measured: {missing}", flush=True)
            continue
        for row in lines:
            print(f"{name:24} | {row.work:66} | {row_text(row)}", flush=True)
        record(name, lines, load.share())


class MissingError(Exception):
    """Something that a row needs is not on this machine; the message names it."""


def require_path(path: Path) -> Path:
    """Return a path if it exists."""
    if not path.exists():
        raise MissingError(f"expected {path}; set OTOSCOPE_MODELS and OTOSCOPE_CORPORA")
    return path


def record(name: str, lines: Sequence[Row], others: float) -> None:
    """Replace the row of that name in the record."""
    records: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    command = f"python benchmarks/{Path(sys.argv[0]).name} {name}"
    records[name] = {
        "command": command,
        "machine": machine(),
        "others": round(others, 3),
        "lines": [asdict(line) for line in lines],
    }
    RECORD.write_text(json.dumps(records, indent=1, sort_keys=True) + "\n")


def row_text(row: Row) -> str:
    """Return the numbers of a row as one line."""
    parts = [f"{name} {quantity_text(q, row.unit)}" for name, q in (("CPU", row.cpu), ("wall", row.wall)) if q]
    if row.value is not None:
        parts.append(number_text(row.value, row.unit))
    return "; ".join(parts) + (f"; goal: {row.goal}" if row.goal else "")


def quantity_text(quantity: Quantity, unit: str) -> str:
    """Return median and middle half."""
    if quantity.count == 1:
        return number_text(quantity.median, unit)
    low, high = (number_text(value, "") for value in (quantity.low, quantity.high))
    return f"{number_text(quantity.median, unit)} [{low}, {high}]"


def number_text(value: float, unit: str) -> str:
    """Return a number with three digits and its unit."""
    digits = max(0, 2 - math.floor(math.log10(abs(value)))) if value else 0
    text = f"{value:.{min(digits, 4 if abs(value) < 0.1 else 2)}f}"
    return f"{text}{'x' if unit == 'x' else f' {unit}' if unit else ''}"
