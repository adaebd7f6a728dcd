"""Benchmarks are counted in pairs until the ratio is known, and their page shows no wall time of a busy machine."""

import runpy
from pathlib import Path
from types import SimpleNamespace

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def benchmark(monkeypatch):
    """Return a function from the name of a module of `benchmarks` to what it defines."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return lambda name: SimpleNamespace(**runpy.run_path(str(BENCHMARKS / f"{name}.py")))


def test_the_interval_of_a_median_is_that_of_order_statistics(benchmark):
    harness = benchmark("harness")
    assert harness.relative_width([1, 2, 3, 4, 5]) == float("inf")  # 2 / 2^5 > .05
    assert harness.relative_width([1, 2, 3, 4, 5, 6]) == 5 / 3.5
    assert harness.relative_width(list(range(1, 10))) == 6 / 5  # second and second to last: 2 * 10 / 2^9 < .05


def test_pairs_alternate_and_end_at_the_limit(benchmark):
    calls = []
    pairs = benchmark("harness").time_pairs(lambda: calls.append("base"), lambda: calls.append("work"), seconds=0)
    assert len(pairs) == 6
    assert calls[2:6] == ["base", "work", "work", "base"]


def test_the_page_has_a_line_for_each_row_and_no_wall_time_of_a_busy_machine(benchmark):
    page = benchmark("page")
    seconds = {"median": 1.5, "low": 1.25, "high": 2.0, "count": 3}
    line = {"work": "something", "unit": "s", "cpu": seconds, "wall": seconds, "value": None, "goal": "at most 2 s"}
    records = {
        name: {"command": "python benchmarks/kernel.py x", "machine": {}, "others": others, "lines": [line]}
        for name, others in (("quiet", 0.0), ("busy", 0.5))
    }
    text = page.page(records)
    assert "| something | 1.50 s [1.25, 2.00] | 1.50 s [1.25, 2.00] | at most 2 s | `quiet` |" in text
    assert "| something | 1.50 s [1.25, 2.00] |  | at most 2 s | `busy` |" in text


def test_make_bench_measures_every_benchmark_that_needs_no_argument():
    listed = next(line for line in (BENCHMARKS.parent / "Makefile").read_text().splitlines() if "BENCHMARKS :=" in line)
    with_rows = {path.stem for path in BENCHMARKS.glob("*.py") if "run_rows(ROWS" in path.read_text()}
    assert set(listed.split(":= ")[1].split()) == with_rows
