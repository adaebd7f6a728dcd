"""What a large corpus costs: workers against one process, bytes of audio that are read, memory of the finish.

The finish reads simulated shards of 12 layers x 12 heads with all statistics and 39 phones, of speakers with 100
utterances each. Each part of a row is measured in a process of its own.

    python benchmarks/scale.py [workers] [audio] [finish]
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LAYERS = HEADS = 12
SYMBOLS = "sil aa ae ah aw ay b ch d dh dx eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh uw v w y z"
PHONES = SYMBOLS.split()
SHARD = 500
SPEAKER = 100  # utterances of each
SIZES = (10_000, 100_000)
UTTERANCES = 500


def main(parts: list[str]) -> None:
    """Print the rows of the parts."""
    for part in parts or list(PARTS):
        for label, value in PARTS[part]():
            print(f"| {label} | {value} |", flush=True)


def workers() -> list[tuple[str, str]]:
    """Time one process and two workers, one thread each, on the same corpus, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        seconds = {count: _child("analyze", folder, count)["seconds"] for count in (1, 2)}
    return [
        (f"one process, {UTTERANCES} utterances", f"{seconds[1]:.0f} s"),
        ("two workers", f"{seconds[2]:.0f} s"),
        ("two workers over one", f"{seconds[1] / seconds[2]:.2f}x"),
    ]


def audio() -> list[tuple[str, str]]:
    """Count the bytes of audio files that an analysis reads."""
    with tempfile.TemporaryDirectory() as folder:
        read = _child("read", folder, 1)
    return [("audio bytes that are decoded over corpus bytes", f"{read['decoded'] / read['corpus']:.3f}")]


def finish() -> list[tuple[str, str]]:
    """Measure time and peak memory of the finish of simulated shards."""
    rows, peaks = [], {}
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            _child("simulate", folder, size)
            result = _child("finish", folder, size)
        peaks[size] = result["peak"]
        label = f"finish of {size:,} utterances x {LAYERS * HEADS} heads"
        rows.append((label, f"{result['seconds']:.0f} s, {result['peak'] / 2**20:.0f} MiB at most"))
    return [*rows, ("peak over that of the smaller", f"{peaks[SIZES[-1]] / peaks[SIZES[0]]:.2f}x")]


def analyze(folder: Path, count: int) -> dict[str, float]:
    """Analyze the bundled model on cuts of bundled speech, named apart."""
    import torch

    import otoscope

    torch.set_num_threads(count)  # shared out: one thread for each worker
    execution = otoscope.ExecutionOptions(workers=count)
    start = time.perf_counter()
    otoscope.analyze("bundled", _cuts(), folder / f"run-{count}", execution=execution)
    return {"seconds": time.perf_counter() - start}


def read(folder: Path, count: int) -> dict[str, float]:
    """Analyze all bundled speech once; the example of the run is read again, and counts."""
    import otoscope
    from otoscope.bundled import speech
    from otoscope.corpus.audio_content import CACHE

    otoscope.analyze("bundled", "bundled", folder / "run")
    return {"decoded": CACHE.bytes_read, "corpus": sum(file.stat().st_size for file in speech().rglob("*.flac"))}


def _cuts() -> Any:
    from lhotse import CutSet
    from lhotse.utils import fastcopy

    import otoscope
    from otoscope.bundled import speech

    cuts = list(otoscope.read_corpus(speech()))
    return CutSet.from_cuts(fastcopy(cuts[number % len(cuts)], id=f"{number:06}") for number in range(UTTERANCES))


def simulate(folder: Path, size: int) -> dict[str, float]:
    """Write the shards of a simulated corpus."""
    from otoscope.analysis.shard_files import shard_arrays

    (folder / "shards").mkdir()
    rng = np.random.default_rng(0)
    statistics = _statistics()
    for number, start in enumerate(range(0, size, SHARD)):
        shard = _shard(rng, statistics, range(start, min(start + SHARD, size)))
        np.savez(folder / "shards" / f"{number:06}.npz", **shard_arrays(shard))
    return {}


def _shard(rng: np.random.Generator, statistics: dict[str, Any], utterances: range) -> Any:
    from otoscope.analysis.shards import ShardResult
    from otoscope.relations.label_totals import LabelTotals
    from otoscope.statistics import accumulator
    from otoscope.statistics.clusters import cluster_code

    shapes = {name: statistic.shape for name, statistic in statistics.items()}
    state = accumulator.init(shapes, [HEADS] * LAYERS)
    totals = LabelTotals.empty(len(PHONES))
    for utterance in utterances:
        code = cluster_code(f"speaker {_speaker(utterance)}")
        state.codes[utterance] = code
        for rows in state.rows.values():
            rows[utterance] = rng.random((LAYERS, HEADS))
        totals.add(utterance, rng.integers(0, len(PHONES), (50, 1)), code, _speaker(utterance))
    for name, sums in state.sums.items():
        for code in {state.codes[utterance] for utterance in utterances}:
            sums[code] = rng.integers(1, 2**30, (LAYERS, HEADS, *shapes[name]))
    digests = {utterance: rng.bytes(32) for utterance in utterances}
    return ShardResult(state, dict.fromkeys(utterances, 50), [], totals, digests)


def finish_shards(folder: Path, size: int) -> dict[str, float]:
    """Finish a simulated run as the command does, without its model."""
    from otoscope.analysis.finish import sum_shards
    from otoscope.analysis.parts import RunParts, run_dataset, write_states
    from otoscope.analysis.phone_labels import RunLabels
    from otoscope.phones.inventory import PhoneInventory
    from otoscope.relations.label_totals import LabelTotals
    from otoscope.results import claim_folder
    from otoscope.results.folder import finish as finish_run

    start = time.perf_counter()
    claim_folder(folder / "run", {"model": {"name": "simulated"}, "corpus": {"path": "simulated"}})
    whole, statistics = sum_shards(folder, -(-size // SHARD)), _statistics()
    assert whole.state
    parts = RunParts(
        statistics=[statistic for statistic in statistics.values() if not statistic.has_phone_dims],
        n_heads=whole.state.n_heads,
        rows=whole.rows(),
        sums=whole.state.sums,
        utterances=_table(size),
        labels=RunLabels(PhoneInventory(tuple(PHONES), dict(zip(PHONES, PHONES, strict=True)), ())),
        totals=(whole.labels or LabelTotals()).reindexed(whole.index),
        frame_period=0.02,
        attributes={"model": "simulated", "corpus": "simulated", "synthetic": 1, "not_measured": {}},
    )
    write_states(folder / "run", parts)
    finish_run(folder / "run", run_dataset(parts), [])
    return {"seconds": time.perf_counter() - start, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}


def _statistics() -> dict[str, Any]:
    from otoscope.statistics import available_statistics

    return available_statistics(PHONES, frozenset())


def _speaker(utterance: int) -> str:
    return f"s{utterance // SPEAKER:05}"


def _table(size: int) -> pd.DataFrame:
    columns = {"frames": 50, "duration": 1.0, "speaker": [_speaker(utterance) for utterance in range(size)]}
    return pd.DataFrame(columns, index=pd.Index([f"u{utterance:07}" for utterance in range(size)], name="id"))


def _child(name: str, folder: str | Path, number: int) -> dict[str, float]:
    """Run a function of this file in a process of its own, and return what it measures."""
    command = [sys.executable, __file__, f"--{name}", str(folder), str(number)]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return result


PARTS: dict[str, Callable[[], list[tuple[str, str]]]] = {"workers": workers, "audio": audio, "finish": finish}
CHILDREN: dict[str, Callable[[Path, int], dict[str, float]]] = {
    "--analyze": analyze,
    "--read": read,
    "--simulate": simulate,
    "--finish": finish_shards,
}

if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in CHILDREN:
        print(json.dumps(CHILDREN[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        main(sys.argv[1:])
