"""Tables of times: of refined models and of the stages; and the skipped stages."""

from collections.abc import Iterator
from typing import Any

import xarray as xr

from otoscope.papers.html import table
from otoscope.papers.yang2020.models import SEED_MODEL
from otoscope.papers.yang2020.outputs import StageOutputs
from otoscope.papers.yang2020.report.cells import format_duration
from otoscope.papers.yang2020.stages import BENCH_SECONDS, REFINED_MODELS

REFINED_TEXTS = {"half": "without the most global half of its heads", "span": "span of 10 frames"}


def speed_table(outputs: StageOutputs) -> str:
    """Return the cost of each refined model and of M3; empty without refined models."""
    model = SEED_MODEL.upper()
    titles = ("model", "audio", "latency", f"of {model}", "times as fast", "multiplications", "parameters")
    rows = [row for kind in REFINED_MODELS for row in _speed_rows(kind, outputs.facts(SEED_MODEL, f"speed-{kind}"))]
    return table(titles, rows, numbers=range(1, 7)) if rows else ""


def time_table(dataset: xr.Dataset) -> str:
    """Return the time of every stage that is done, and of all, longest first."""
    return table(("stage", "time", "share"), stage_times(dataset), numbers=(1, 2))


def skipped_table(dataset: xr.Dataset) -> str:
    """Return the skipped stages with the reason; empty if there are none."""
    skipped = dataset.sel(stage=dataset["skip_reason"].values != "")
    pairs = zip(skipped["stage"].values, skipped["skip_reason"].values, strict=True)
    rows = [[str(stage), str(reason)] for stage, reason in pairs]
    return table(("skipped", "because"), rows) if rows else ""


def stage_times(dataset: xr.Dataset) -> list[list[str]]:
    """Return name, time and share of all stages that are done, then of each, longest first."""
    done = dataset.sel(stage=dataset["skip_reason"].values == "").sortby("seconds", ascending=False)
    total = float(done["seconds"].sum())
    pairs = zip(done["stage"].values, done["seconds"].values, strict=True)
    rows = [[str(name), format_duration(seconds), f"{seconds / total:.0%}"] for name, seconds in pairs]
    return [["all", format_duration(total), ""], *rows]


def _speed_rows(kind: str, measured: dict[str, Any]) -> Iterator[list[str]]:
    for seconds in BENCH_SECONDS if measured else ():
        refined, baseline = measured["costs"][str(seconds)]
        ratio = measured["ratios"][str(seconds)]
        macs = [sum(cost["macs"].values()) for cost in (refined, baseline)]
        yield [
            f"{SEED_MODEL.upper()}, {REFINED_TEXTS[kind]}",
            f"{seconds} s",
            f"{1000 * refined['latency']['median']:.0f} ms",
            f"{1000 * baseline['latency']['median']:.0f} ms",
            f"{ratio['median']:.2f} ({ratio['low']:.2f} to {ratio['high']:.2f})",
            f"{macs[0] / macs[1]:.0%}",
            f"{measured['parameters'][0] / measured['parameters'][1]:.0%}",
        ]
