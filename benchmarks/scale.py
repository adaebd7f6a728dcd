"""What a large corpus costs: workers against one process, bytes of audio, planning, memory of the finish.

The plan is that of a simulated Lhotse manifest, whose cuts are seconds of the bundled speech. The finish reads
simulated shards of 12 layers x 12 heads with all statistics and 39 phones, of speakers with 100 utterances each. Each
part of a row is measured in a process of its own.

    python benchmarks/scale.py [workers] [ray] [base] [start] [overhead] [audio] [plan] [lines] [finish] [million]
"""

import gzip
import importlib.util
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

LAYERS = HEADS = 12
SYMBOLS = "sil aa ae ah aw ay b ch d dh dx eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh uw v w y z"
PHONES = SYMBOLS.split()
SHARD = 500
SPEAKER = 100  # utterances of each
SIZES = (10_000, 100_000)
MILLION = 1_000_000
UTTERANCES, SECONDS = 500, 12.0
LEAST_RATIO, LEAST_RAY = 1.85, 1.7
RAY = 0  # instead of a number of workers
LONG = 3  # times the corpus, on which Ray is measured too
BASE_SECONDS = 2.0  # of the utterances for a model of the shape of hubert-base, at least
STARTS = 3
OVERHEAD_UTTERANCES = 84
LINES = 60_000


def main(parts: list[str]) -> None:
    """Print the rows of the parts."""
    for part in parts or list(PARTS):
        for label, value in PARTS[part]():
            print(f"| {label} | {value} |", flush=True)


def workers() -> list[tuple[str, str]]:
    """Time one process and two workers, one thread each, on a corpus, and on two utterances, for what is fixed."""
    return _compare(2, "two workers", LEAST_RATIO)


def base() -> list[tuple[str, str]]:
    """Time two workers and Ray against one process on a model of the shape of hubert-base with random weights."""
    ratios = {"two workers": (2, LEAST_RATIO)}
    if importlib.util.find_spec("ray"):
        ratios[f"Ray local with {os.cpu_count()} workers"] = (RAY, LEAST_RAY)
    with tempfile.TemporaryDirectory() as folder:
        minutes = _child("base", folder, UTTERANCES)["minutes"]
        places = (1, *(place for place, _ in ratios.values()))
        seconds = {place: _child("analyze", folder, place)["seconds"] for place in places}
    return [
        (f"one process, {UTTERANCES} utterances, {minutes:.0f} minutes, shape of hubert-base", f"{seconds[1]:.1f} s"),
        *(
            (f"{name} over one process, aim {aim}x", f"{seconds[1] / seconds[place]:.2f}x, {seconds[place]:.1f} s")
            for name, (place, aim) in ratios.items()
        ),
    ]


def start() -> list[tuple[str, str]]:
    """Time two utterances with two workers whose server starts with the command, or after its imports; in turns."""
    seconds: dict[str, list[float]] = {"begin": [], "begin-late": []}
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as folder:
            _child("record", folder, 2)
            for name, times in seconds.items():
                times.append(_child(name, folder, 2)["seconds"])
    early, late = map(median, seconds.values())
    label = f"two utterances, two workers started with the command, and after its imports; median of {STARTS}"
    return [(label, f"{early:.1f} s, {late:.1f} s")]


def _compare(place: int, name: str, ratio: float, times: int = 1) -> list[tuple[str, str]]:
    """Return times of one process and of another place, what is fixed, and the work from which a ratio follows."""
    with tempfile.TemporaryDirectory() as folder:
        minutes = _child("record", folder, times * UTTERANCES)["minutes"]
        seconds = {count: _child("analyze", folder, count)["seconds"] for count in (1, place)}
        fixed = {count: _child("begin", folder, count)["seconds"] for count in (1, place)}
    least = (ratio * fixed[place] - fixed[1]) / (1 - ratio / 2)
    without = (seconds[1] - fixed[1]) / (seconds[place] - fixed[place])
    return [
        (f"one process, {times * UTTERANCES} utterances, {minutes:.0f} minutes", f"{seconds[1]:.1f} s"),
        (name, f"{seconds[place]:.1f} s"),
        (f"{name} over one process", f"{seconds[1] / seconds[place]:.2f}x"),
        ("start and finish alone, one process and the other", f"{fixed[1]:.1f} s, {fixed[place]:.1f} s"),
        ("ratio without start and finish", f"{without:.2f}x"),
        (f"work of one process from which {ratio}x follows", f"{least:.0f} s"),
    ]


def ray() -> list[tuple[str, str]]:
    """Time Ray on this machine, with a worker for each core, against one process, one thread each."""
    if importlib.util.find_spec("ray") is None:
        return [("Ray local over one process", "not measured: Ray is not installed")]
    label = f"Ray local with {os.cpu_count()} workers"
    return [row for times in (1, LONG) for row in _compare(RAY, label, LEAST_RAY, times)]


def audio() -> list[tuple[str, str]]:
    """Count the bytes of audio files that an analysis reads."""
    with tempfile.TemporaryDirectory() as folder:
        read = _child("read", folder, 1)
    return [("audio bytes that are read over corpus bytes", f"{read['read'] / read['corpus']:.3f}")]


def overhead() -> list[tuple[str, str]]:
    """Compare CPU time of a listed corpus on the executor of this process with the same shards measured directly."""
    with tempfile.TemporaryDirectory() as folder:
        cost = _child("cost", folder, OVERHEAD_UTTERANCES)
    share = 100 * (cost["streamed"] / cost["direct"] - 1)
    label = f"{OVERHEAD_UTTERANCES} utterances: list of cuts, plan and executor, of CPU time"
    return [(label, f"{share:+.1f} % ({cost['direct']:.1f} s without)")]


def plan() -> list[tuple[str, str]]:
    """Measure planning and the first shard of a simulated manifest."""
    rows = []
    for size in (SIZES[0], MILLION):
        with tempfile.TemporaryDirectory() as folder:
            _child("manifest", folder, size)
            result = _child("plan", folder, size)
        label = f"plan of a manifest of {size:,} cuts, until the first shard is read"
        rows.append((label, f"{result['planned']:.1f} s of CPU, {result['peak'] / 2**20:.0f} MiB at most"))
        rows.append(("and the first shard measured", f"{result['measured']:.1f} s, {result['whole'] / 2**20:.0f} MiB"))
    return rows


def lines() -> list[tuple[str, str]]:
    """Compare CPU time of a listed line with and without the form of the lines before it; the least of two counts."""
    with tempfile.TemporaryDirectory() as folder:
        _child("manifest", folder, LINES)
        cost = _child("list", folder, LINES)
    return [(f"a line of {LINES:,}, by its form and by its JSON", f"{cost['form']:.0f} us, {cost['json']:.0f} us")]


def million() -> list[tuple[str, str]]:
    """Measure the finish of a million utterances; shards are made in its process: on disk they have 30 GB."""
    return finish((SIZES[0], MILLION), on_disk=False)


def finish(sizes: tuple[int, ...] = SIZES, *, on_disk: bool = True) -> list[tuple[str, str]]:
    """Measure time and peak memory of the finish of simulated shards."""
    rows, peaks = [], {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            if on_disk:
                _child("simulate", folder, size)
            result = _child("finish", folder, size)
        peaks[size] = result["peak"]
        label = f"finish of {size:,} utterances x {LAYERS * HEADS} heads"
        rows.append((label, f"{result['seconds']:.0f} s, {result['peak'] / 2**20:.0f} MiB at most"))
    return [*rows, ("peak over that of the smaller", f"{peaks[sizes[-1]] / peaks[sizes[0]]:.2f}x")]


def analyze(folder: Path, count: int, limit: int | None = None, *, is_early: bool = True) -> dict[str, float]:
    """Analyze speech as `otoscope analyze --workers` (`--ray local` for `RAY`), by the folder's model or bundled."""
    os.environ["OMP_NUM_THREADS"] = "1"
    start = time.perf_counter()
    from otoscope.cli.dataclass_options import WORKER_MODULES
    from otoscope.runs.executors.start import start_workers
    from otoscope.runs.options import ExecutionOptions, SpeechOptions

    execution = ExecutionOptions(ray="local") if count == RAY else ExecutionOptions(workers=count)
    if is_early:
        start_workers(execution, WORKER_MODULES)
    import torch

    import otoscope

    torch.set_num_threads(max(count, 1))  # shared out: one thread for each worker
    out, options = folder / f"run-{count}-{limit}-{is_early}", SpeechOptions(limit=limit)
    model = folder / "model" if (folder / "model").exists() else "bundled"
    otoscope.analyze(model, folder / "speech", out, options=options, execution=execution)
    return {"seconds": time.perf_counter() - start}


def begin(folder: Path, count: int) -> dict[str, float]:
    """Analyze two utterances: all that does not grow with the corpus."""
    return analyze(folder, count, limit=2)


def begin_late(folder: Path, count: int) -> dict[str, float]:
    """Analyze two utterances, with workers that start after the imports of the command."""
    return analyze(folder, count, limit=2, is_early=False)


def write_base(folder: Path, count: int) -> dict[str, float]:
    """Write a model of the shape of hubert-base, and short utterances: it needs more time for a second of audio."""
    import torch
    from transformers import HubertConfig, HubertModel, Wav2Vec2FeatureExtractor

    torch.manual_seed(0)
    HubertModel(HubertConfig()).save_pretrained(folder / "model")
    Wav2Vec2FeatureExtractor().save_pretrained(folder / "model")
    return record(folder, count, BASE_SECONDS)


def record(folder: Path, count: int, least: float = SECONDS) -> dict[str, float]:
    """Write utterances of at least so many seconds, joined from bundled speech."""
    import soundfile

    from otoscope.bundled import speech

    (folder / "speech").mkdir()
    files = sorted(speech().rglob("*.flac"))
    waves, rate = [soundfile.read(file)[0] for file in files], soundfile.info(files[0]).samplerate
    sources, total = itertools.cycle(waves), 0
    for number in range(count):
        parts: list[Any] = []
        while sum(map(len, parts)) < least * rate:
            parts.append(next(sources))
        wave = np.concatenate(parts)
        total += len(wave)
        soundfile.write(folder / "speech" / f"{number:04}.flac", wave, rate)
    return {"minutes": total / rate / 60}


def read(folder: Path, count: int) -> dict[str, float]:
    """Analyze all bundled speech once."""
    import otoscope
    from otoscope.bundled import speech
    from otoscope.corpus.audio_content import CACHE

    otoscope.analyze("bundled", "bundled", folder / "run")
    corpus = sum(file.stat().st_size for file in speech().rglob("*.flac"))
    return {"read": CACHE.bytes_read, "corpus": corpus}


def _cuts(count: int = UTTERANCES) -> Any:
    from lhotse import CutSet
    from lhotse.utils import fastcopy

    import otoscope
    from otoscope.bundled import speech

    cuts = list(otoscope.read_corpus(speech()))
    return CutSet.from_cuts(fastcopy(cuts[number % len(cuts)], id=f"{number:06}") for number in range(count))


def cost(folder: Path, count: int) -> dict[str, float]:
    """Measure CPU time of shards with and without all that is around them, three times in turns; the least counts."""
    import torch

    import otoscope
    from otoscope.analysis.measure_shards import ShardWork, store_shards
    from otoscope.analysis.shard_files import encode_shard, write_shard
    from otoscope.analysis.shard_plan import SHARD_SECONDS, ShardPlan
    from otoscope.analysis.shards import ShardOptions, measure
    from otoscope.corpus.cut_list import CutList, listed
    from otoscope.runs.executors.executor import LocalExecutor
    from otoscope.statistics import available_statistics

    torch.set_num_threads(1)
    encoder, speech = otoscope.load("bundled"), _cuts(count)
    statistics = available_statistics([], encoder.model_reductions)
    eager = ShardPlan(CutList.of(map(listed, speech)), SHARD_SECONDS)[:]

    def direct(number: int) -> None:
        for shard in eager:
            content = encode_shard(measure(encoder, shard.cuts, statistics, ShardOptions(clusters=shard.cluster_of)))
            write_shard(folder / f"direct-{number}", shard.number, content)

    def streamed(number: int) -> None:
        shards = ShardPlan(CutList.of(map(listed, speech)), SHARD_SECONDS)
        place = folder / str(number)
        store_shards(place, shards, range(len(shards)), ShardWork(None, strict=False), LocalExecutor(), lambda: encoder)

    times: dict[str, list[float]] = {"direct": [], "streamed": []}
    for number in range(4):
        for name, function in (("direct", direct), ("streamed", streamed)):
            start = time.process_time()
            function(number)
            times[name].append(time.process_time() - start)
    return {name: min(seconds[1:]) for name, seconds in times.items()}


def manifest(folder: Path, size: int) -> dict[str, float]:
    """Write a manifest whose cuts are seconds of the bundled speech, of speakers with 100 utterances each."""
    recordings = [cut.recording.to_dict() for cut in _cuts(42)]
    with gzip.open(folder / "cuts.jsonl.gz", "wt", compresslevel=1) as file:
        for number in range(size):
            recording = recordings[number % len(recordings)]
            about = {"id": f"utterance-{number:07}", "start": 0.0, "duration": 1.0, "channel": 0}
            text = {"recording_id": recording["id"], "text": "so many words", "speaker": _speaker(number)}
            line = {**about, "supervisions": [{**about, **text}], "recording": recording, "type": "MonoCut"}
            print(json.dumps(line), file=file)
    return {}


def list_manifest(folder: Path, size: int) -> dict[str, float]:
    """Measure the listing of a manifest, in microseconds a line."""
    from otoscope.corpus import manifest_lines
    from otoscope.corpus.reader import list_corpus

    forms, times = {"form": manifest_lines.MAX_FORMS, "json": 0}, []
    for name, count in [*forms.items()] * 2:
        manifest_lines.MAX_FORMS = count
        start = time.process_time()
        list_corpus(folder / "cuts.jsonl.gz")
        times.append((name, 1e6 * (time.process_time() - start) / size))
    return {name: min(seconds for other, seconds in times if other == name) for name in forms}


def plan_manifest(folder: Path, size: int) -> dict[str, float]:
    """Plan an analysis of the manifest as the command does, and measure the first shard."""
    import otoscope
    from otoscope.analysis.corpus_plan import corpus_plan
    from otoscope.analysis.measure_shards import ShardWork
    from otoscope.analysis.phone_labels import make_labeler
    from otoscope.analysis.shard_plan import ShardPlan, shard_seconds
    from otoscope.runs.speech_source import list_cuts, make_source

    encoder = otoscope.load("bundled")
    cuts, _ = list_cuts(make_source(folder / "cuts.jsonl.gz", otoscope.SpeechOptions()))
    labeler = make_labeler(encoder, cuts.labelled())
    shards = ShardPlan(cuts, shard_seconds(sum(cuts.seconds.tolist())))
    corpus_plan(cuts, shards, folder / "run", verify=False)
    first = shards[0]
    planned = {"planned": time.process_time(), "peak": _peak()}
    ShardWork(labeler, strict=True)(encoder, first, lambda seconds: None)
    return {**planned, "measured": time.process_time(), "whole": _peak()}


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def simulate(folder: Path, size: int) -> dict[str, float]:
    """Write the shards of a simulated corpus."""
    from otoscope.analysis.shard_files import shard_arrays

    (folder / "shards").mkdir()
    for number, shard in enumerate(_shards(size)):
        np.savez(folder / "shards" / f"{number:06}.npz", **shard_arrays(shard))
    return {}


def _shards(size: int) -> Iterator[Any]:
    rng, statistics = np.random.default_rng(0), _statistics()
    for start in range(0, size, SHARD):
        yield _shard(rng, statistics, range(start, min(start + SHARD, size)))


def _shard(rng: np.random.Generator, statistics: dict[str, Any], utterances: range) -> Any:
    from otoscope.analysis.shards import ShardResult
    from otoscope.relations.label_totals import LabelTotals
    from otoscope.statistics import accumulator
    from otoscope.statistics.clusters import cluster_code

    shapes = {name: statistic.shape for name, statistic in statistics.items()}
    state = accumulator.init(shapes, [HEADS] * LAYERS)
    totals = LabelTotals.empty(len(PHONES))
    for utterance in utterances:
        state.codes[utterance] = cluster_code(f"speaker {_speaker(utterance)}")
    for rows in state.rows.values():
        rows.update(zip(utterances, rng.integers(0, 256, (len(utterances), LAYERS, HEADS)) / 256, strict=True))
    for utterance in utterances[::SPEAKER]:  # one of each speaker has the labels of all
        totals.add(utterance, rng.integers(0, len(PHONES), (50, 1)), state.codes[utterance], _speaker(utterance))
    totals.labelled = np.array(utterances)
    for name, sums in state.sums.items():
        for code in {state.codes[utterance] for utterance in utterances}:
            sums[code] = rng.integers(1, 2**30, (LAYERS, HEADS, *shapes[name]))
    digests = {utterance: rng.bytes(32) for utterance in utterances}
    return ShardResult(state, dict.fromkeys(utterances, 50), [], totals, digests, rng.bytes(32))


def finish_shards(folder: Path, size: int) -> dict[str, float]:
    """Finish a simulated run as the command does, without its model."""
    from otoscope._io.freed_memory import return_freed_memory
    from otoscope.analysis.parts import run_dataset
    from otoscope.results import claim_folder
    from otoscope.results.folder import finish as finish_run

    start = time.perf_counter()
    claim_folder(folder / "run", {"model": {"name": "simulated"}, "corpus": {"path": "simulated"}})
    parts = _reduced(folder, size)
    return_freed_memory()
    finish_run(folder / "run", run_dataset(parts), [])
    return {"seconds": time.perf_counter() - start, "peak": _peak()}


def _reduced(folder: Path, size: int) -> Any:
    """Return the parts of the run without their sums, as the command does."""
    from otoscope._io.freed_memory import return_freed_memory
    from otoscope.analysis.parts import RunParts, Utterances, without_sums, write_states
    from otoscope.analysis.phone_labels import RunLabels
    from otoscope.phones.inventory import PhoneInventory

    whole, statistics = _sum(folder, size), _statistics()
    assert whole.state
    parts = RunParts(
        statistics=[statistic for statistic in statistics.values() if not statistic.has_phone_dims],
        n_heads=whole.state.n_heads,
        rows=whole.rows(),
        sums=whole.state.sums,
        utterances=Utterances([], list(map(_speaker, range(size))), partial(_table, size)),
        labels=RunLabels(PhoneInventory(tuple(PHONES), dict(zip(PHONES, PHONES, strict=True)), ())),
        totals=whole.totals(),
        frame_period=0.02,
        attributes={"model": "simulated", "corpus": "simulated", "synthetic": 1, "not_measured": {}},
    )
    whole.hashes()
    write_states(folder / "run", parts)
    return_freed_memory()
    return without_sums(parts)


def _sum(folder: Path, size: int) -> Any:
    from otoscope.analysis.finish import ShardSum, sum_shards

    if (folder / "shards").exists():
        return sum_shards(folder, -(-size // SHARD))
    whole = ShardSum(folder)
    for shard in _shards(size):
        whole.add(shard)
    return whole


def _statistics() -> dict[str, Any]:
    from otoscope.statistics import available_statistics

    return available_statistics(PHONES, frozenset())


def _speaker(utterance: int) -> str:
    return sys.intern(f"s{utterance // SPEAKER:05}")  # stored once, as a list of cuts does


def _table(size: int) -> pd.DataFrame:
    columns = {"frames": 50, "duration": 1.0, "speaker": [_speaker(utterance) for utterance in range(size)]}
    return pd.DataFrame(columns, index=pd.Index([f"u{utterance:07}" for utterance in range(size)], name="id"))


def _child(name: str, folder: str | Path, number: int) -> dict[str, float]:
    """Run a function of this file in a process of its own, and return what it measures."""
    command = [sys.executable, __file__, f"--{name}", str(folder), str(number)]
    result: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return result


PARTS: dict[str, Callable[[], list[tuple[str, str]]]] = {
    "workers": workers,
    "ray": ray,
    "base": base,
    "start": start,
    "overhead": overhead,
    "audio": audio,
    "plan": plan,
    "lines": lines,
    "finish": finish,
    "million": million,
}
CHILDREN: dict[str, Callable[[Path, int], dict[str, float]]] = {
    "--record": record,
    "--base": write_base,
    "--analyze": analyze,
    "--begin": begin,
    "--begin-late": begin_late,
    "--read": read,
    "--cost": cost,
    "--manifest": manifest,
    "--plan": plan_manifest,
    "--list": list_manifest,
    "--simulate": simulate,
    "--finish": finish_shards,
}

if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in CHILDREN:
        print(json.dumps(CHILDREN[sys.argv[1]](Path(sys.argv[2]), int(sys.argv[3]))))
    else:
        main(sys.argv[1:])
