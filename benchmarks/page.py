"""Write `docs/results/performance.md` from the record of the benchmarks, `benchmarks/results.json`.

make bench                  # measures the rows, then writes the page
python benchmarks/page.py   # writes the page
"""

import json
import textwrap
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from harness import RECORD, Quantity, Row, number_text, quantity_text

PAGE = Path(__file__).parents[1] / "docs" / "results" / "performance.md"
MAX_OTHERS = 0.1
"""Share of the processors that other processes may use; beyond it a wall time is not shown."""
SECTIONS = {
    "kernel": "The attention kernel",
    "model": "A whole model",
    "analysis": "`analyze`",
    "causes": "Ablation, layers and patching",
    "startup": "Until something happens",
    "refinement": "Refined models",
    "segmentation": "Phone boundaries",
    "word_times": "Word times",
    "viewer": "The viewer",
    "viewer_long": "The viewer: long recordings, many utterances",
    "length": "Long audio",
    "pretraining": "Training",
    "dynamics": "Heads while a model trains",
    "gpu": "On a GPU",
}
"""Benchmark -> title of its section."""

HEAD = """# Speed and memory

The command of each row measures it again; `make bench` measures all but the long rows and writes this page. A ratio is
the median over interleaved pairs, in brackets their middle half. Pairs are added until the 95 % interval of the median
is narrower than 5 % of it, to a limit. CPU time counts all threads. Wall time is shown where other processes used less
than a tenth of the processors. Weights are random unless a model is named. A goal that is not reached is written down
as it is.
"""

SLOWER = """## What was slower

| tried | result |
|---|---|
| the maximum of a row as a scalar loop | half of the time of all reductions; LLVM makes no vectors of it |
| blocks of eight rows instead of four | not faster |
| threads of OpenMP that wait as they do by default | two threads, 500 frames: 2.5, not 1.6 times plain attention |
| sums of label keys as a product in torch | 40 phones: 1.06 instead of 1.04 times all other statistics |
| tiles of 50 queries | slower: their products are |
| Whisper: several utterances in one batch | 1.10 instead of 1.05 times the forward; their states leave the cache |
| Whisper: the kernel over all 1500 frames | slower than torch's context, and the kernel for the utterance's rows |
"""


def table(names: list[str], records: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a table of rows of one benchmark."""
    yield "| work | CPU time, or value | wall time | goal | row |"
    yield "|---|---|---|---|---|"
    for name in names:
        for place, line in enumerate(records[name]["lines"]):
            yield table_line(row_of(line), "" if place else f"`{name}`", records[name]["others"])


def row_of(line: Mapping[str, Any]) -> Row:
    """Return a row from its record."""
    quantities = {key: Quantity(**line[key]) for key in ("cpu", "wall") if line[key]}
    return Row(**{**line, **quantities})


def table_line(row: Row, name: str, others: float) -> str:
    """Return one line of a table."""
    value = "" if row.value is None else number_text(row.value, row.unit)
    cpu = quantity_text(row.cpu, row.unit) if row.cpu else value
    wall = quantity_text(row.wall, row.unit) if row.wall and others < MAX_OTHERS else ""
    return f"| {row.work} | {cpu} | {wall} | {row.goal} | {name} |"


def page(records: Mapping[str, Any]) -> str:
    """Return the page."""
    machines = dict.fromkeys(", ".join(f"{k} {v}" for k, v in one["machine"].items()) for one in records.values())
    parts = [HEAD, textwrap.fill("Measured on: " + "; ".join(machines) + ".", 120) + "\n"]
    ordered = sorted(records, key=lambda name: list(SECTIONS).index(benchmark_of(records[name])))
    for benchmark, names in groupby(ordered, key=lambda name: benchmark_of(records[name])):
        lines = table(list(names), records)
        parts.append(
            f"## {SECTIONS[benchmark]}\n\nCommand: `python benchmarks/{benchmark}.py ROW`\n\n" + "\n".join(lines) + "\n"
        )
    return "\n".join([*parts, SLOWER])


def benchmark_of(record: Mapping[str, Any]) -> str:
    """Return the name of the benchmark that measured a row."""
    return Path(record["command"].split()[1]).stem


if __name__ == "__main__":
    PAGE.write_text(page(json.loads(RECORD.read_text())), encoding="utf-8")
    print(f"written: {PAGE}")
