"""The costs of a model, alone or against another: time, multiplications, parameters, disk and memory."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np
import torch

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.models.model_settings import model_source
from otoscope.probing.task_score import TaskScore, check_task, score_task
from otoscope.refinement.bench_options import BenchOptions
from otoscope.refinement.macs import MAC_PARTS, count_macs
from otoscope.refinement.peak_memory import peak_memory
from otoscope.refinement.storage_dtype import stored_weights
from otoscope.refinement.timing import MedianRange, noise, turns
from otoscope.results.text_table import format_table
from otoscope.runs.speech_source import LoadedSpeech, SpeechSource, read_speech
from otoscope.runs.threads import use_threads

ROUNDS = 5
MAX_SECONDS = 86_400
MIB = 2**20


@dataclass(frozen=True)
class Cost:
    """One model on some seconds of audio: latency (s), multiplications by part, peak memory (MiB)."""

    latency: MedianRange
    macs: dict[str, int]
    peak: float


@dataclass(frozen=True)
class Speed:
    """Latencies of a length, a number of utterances at a time and a number of threads, and how many times as long."""

    seconds: float
    batch: int
    threads: int
    latencies: tuple[MedianRange, ...]
    ratio: MedianRange | None


@dataclass(frozen=True)
class Bench:
    """What `bench` found.

    Attributes:
        models: names, the model first, then the one it is compared with, if any.
        parameters, disk: of each model, number of the encoder's weights, bytes of its files (None for a hub name).
        costs: seconds of audio -> cost of each model.
        ratios: seconds of audio -> how many times as long the other model takes, turn by turn; empty without another.
        speeds: further latencies, for batches and numbers of threads.
        skipped: seconds of audio that a model cannot take -> the reason.
        padded: seconds to which each model extends all audio; 0 if it does not.
        scores: of each model at its task, on a corpus; None without a task.
        encoder_disk: of each model, bytes of the weights of the encoder, as `refine` would write them.
    """

    models: tuple[str, ...]
    parameters: tuple[int, ...]
    disk: tuple[int | None, ...]
    costs: dict[float, tuple[Cost, ...]]
    ratios: dict[float, MedianRange]
    speeds: tuple[Speed, ...] = ()
    skipped: dict[float, str] = field(default_factory=dict)
    padded: tuple[float, ...] = ()
    scores: tuple[TaskScore | None, ...] = ()
    encoder_disk: tuple[int, ...] = ()

    @property
    def table(self) -> str:
        """Return all costs as a table of text."""
        rows: list[tuple[str, ...]] = []
        rows.append(("parameters of the encoder", *(f"{count / 1e6:.2f} M" for count in self.parameters)))
        rows.append(("encoder on disk", *(f"{size / MIB:.1f} MiB" for size in self.encoder_disk or ())))
        rows.append(("weights on disk", *("-" if size is None else f"{size / MIB:.1f} MiB" for size in self.disk)))
        if any(self.padded):
            rows.append(("input length", *(f"{each:g} s always" if each else "as given" for each in self.padded)))
        if scored := [score for score in self.scores if score is not None]:
            title = f"{scored[0].metric} ({scored[0].utterances} utterances)"
            rows.append((title, *("-" if score is None else score.text for score in self.scores)))
        for seconds, costs in self.costs.items():
            rows += list(_rows(seconds, costs, self.ratios.get(seconds)))
            rows += [row for speed in self.speeds if speed.seconds == seconds for row in _speed_rows(speed)]
        rows += [(f"{seconds:g} s of audio", f"skipped: {reason}") for seconds, reason in self.skipped.items()]
        rows = [row + ("",) * (1 + len(self.models) - len(row)) for row in rows if len(row) > 1]
        return format_table(("", *self.models), rows).removesuffix("\n")


def bench(
    model: str | Path,
    against: str | Path | None = None,
    *,
    seconds: Sequence[float] = (10, 30, 60),
    rounds: int = ROUNDS,
    device: str = "cpu",
    options: BenchOptions | None = None,
) -> Bench:
    """Measure what a model costs on audio of some lengths, alone or compared with another model.

    Two models run alternately, so that other load on the machine affects both.

    Args:
        model: name on the Hugging Face Hub, or folder, of the model.
        against: the other model, or None.
        seconds: lengths of audio in seconds.
        rounds: number of timed runs at each length, after one run to warm up.
        device: a torch device. Peak memory is that of a forward pass in a fresh process on the CPU.
        options: batches, numbers of threads, and a corpus instead of noise; lengths that a model cannot take are
            skipped.

    Returns:
        Latency, multiplications by part, parameters, size on disk and peak memory; with `against`, ratios of medians.

    Raises:
        InputError: a model cannot be loaded, or no length can be run.

    Examples:
        >>> measured = bench("bundled", seconds=[1], rounds=1)
        >>> measured.parameters[0] > 4_000_000, list(measured.costs)
        (True, [1])
    """
    _check(seconds, rounds)
    options = options or BenchOptions()
    settings = [(batch, count) for batch in options.batches for count in _threads(options)]
    names = tuple(map(_name, (model,) if against is None else (model, against)))
    encoders = [load(name, device=device) for name in names]
    seconds, skipped = _possible(encoders, seconds)
    speech = None if options.corpus is None else _read_speech(options.corpus, encoders)
    audio = np.concatenate(speech.waves) if speech is not None else None
    times = {length: turns(encoders, length, rounds, speech=audio) for length in seconds}
    peaks = peak_memory([encoder.name for encoder in encoders], seconds)
    return Bench(
        models=names,
        parameters=tuple(encoder.model.num_parameters() for encoder in encoders),
        disk=tuple(map(_disk, names)),
        costs={length: _costs(encoders, length, times[length], peaks[length]) for length in seconds},
        ratios={length: _ratio(rows) for length, rows in times.items() if against is not None},
        speeds=tuple(_speeds(encoders, list(product(seconds, settings)), rounds, audio)),
        skipped=skipped,
        padded=tuple(encoder.padded_seconds for encoder in encoders),
        scores=() if speech is None else tuple(score_task(encoder, speech) for encoder in encoders),
        encoder_disk=tuple(_encoder_disk(encoder) for encoder in encoders),
    )


def _check(seconds: Sequence[float], rounds: int) -> None:
    """Raise InputError for a length that is none, or for no round."""
    if not seconds or not all(0 < length <= MAX_SECONDS for length in seconds):
        lengths = ", ".join(map(str, seconds)) or "none"
        raise InputError(f"expected --seconds above 0 and up to {MAX_SECONDS} (a day), found {lengths}; correct it")
    if rounds < 1:
        raise InputError(f"expected at least 1 round, got {rounds}")


def _possible(encoders: Sequence[Encoder], seconds: Sequence[float]) -> tuple[list[float], dict[float, str]]:
    """Return the lengths that all models take, and the reason for each other one.

    Raises:
        InputError: there is none.
    """
    skipped = {}
    for length in seconds:
        try:
            for encoder in encoders:
                encoder.check_length(noise(encoder, length))
        except InputError as error:
            skipped[length] = str(error)
    possible = [length for length in seconds if length not in skipped]
    if not possible:
        raise InputError(f"expected --seconds that the model takes, found none: {next(iter(skipped.values()))}")
    return possible, skipped


def _read_speech(corpus: Path, encoders: Sequence[Encoder]) -> LoadedSpeech:
    """Return the speech of a corpus, which has what the tasks of all models need, before anything is timed."""
    speech = read_speech(SpeechSource(corpus), encoders[0])
    for encoder in encoders:
        check_task(encoder, speech)
    return speech


def _ratio(rows: Sequence[Sequence[float]]) -> MedianRange:
    return MedianRange.of([other / own for own, other in rows])


def _threads(options: BenchOptions) -> list[int]:
    return [count or os.cpu_count() or 1 for count in options.threads] or [torch.get_num_threads()]


def _speeds(
    encoders: Sequence[Encoder],
    settings: Sequence[tuple[float, tuple[int, int]]],
    rounds: int,
    audio: np.ndarray | None,
) -> Iterator[Speed]:
    """Yield the latencies of lengths with batches and numbers of threads, apart from those of the costs."""
    for length, (batch, threads) in settings:
        if (batch, threads) == (1, torch.get_num_threads()):
            continue
        with use_threads(threads):
            times = turns(encoders, length, rounds, batch=batch, speech=audio)
        latencies = tuple(MedianRange.of(each) for each in zip(*times, strict=True))
        yield Speed(length, batch, threads, latencies, _ratio(times) if len(encoders) > 1 else None)


def _encoder_disk(encoder: Encoder) -> int:
    """Return the bytes of the weights of an encoder as `refine` would write them, so that models are compared alike."""
    stored = {id(weight): weight for weight in stored_weights(encoder.model).values()}
    return sum(weight.numel() * weight.element_size() for weight in stored.values())


def _costs(
    encoders: Sequence[Encoder], seconds: float, times: list[list[float]], peaks: Sequence[float]
) -> tuple[Cost, ...]:
    return tuple(
        Cost(MedianRange.of(latencies), count_macs(encoder, seconds), peak)
        for encoder, latencies, peak in zip(encoders, zip(*times, strict=True), peaks, strict=True)
    )


def _name(model: object) -> str:
    """Return the name or folder of a model, from which another process can load it."""
    if not isinstance(model, (str, Path)):
        raise InputError(
            f"expected a model folder or a hub name, found {type(model).__name__}; `bench` loads the model in a "
            "process of its own, so save it with save_pretrained and pass the folder"
        )
    return str(model)


def _disk(name: str) -> int | None:
    folder = Path(model_source(name))
    sizes = [path.stat().st_size for pattern in ("*.safetensors", "*.bin") for path in folder.glob(pattern)]
    return sum(sizes) if sizes else None


def _rows(seconds: float, costs: Sequence[Cost], ratio: MedianRange | None) -> list[tuple[str, ...]]:
    rows = [(f"{seconds:g} s of audio", *[""] * len(costs))]
    rows.append(("  latency", *(_milliseconds(cost.latency) for cost in costs)))
    if ratio is not None:
        rows.append(("  times as fast", f"{ratio.median:.2f}x ({ratio.low:.2f} to {ratio.high:.2f})", ""))
    rows.append(("  peak memory", *(f"{cost.peak:.0f} MiB" for cost in costs)))
    rows.append(("  multiplications", *(_giga(sum(cost.macs.values())) for cost in costs)))
    rows += [(f"    {part}", *(_giga(cost.macs[part]) for cost in costs)) for part in MAC_PARTS]
    return rows


def _speed_rows(speed: Speed) -> list[tuple[str, ...]]:
    name = f"  batch {speed.batch}, threads {speed.threads}"
    rows = [(f"{name}: latency", *(_milliseconds(each) for each in speed.latencies))]
    if (ratio := speed.ratio) is not None:
        rows.append((f"{name}: times as fast", f"{ratio.median:.2f}x ({ratio.low:.2f} to {ratio.high:.2f})"))
    return rows


def _milliseconds(latency: MedianRange) -> str:
    return f"{latency.median * 1e3:.0f} ms ({latency.low * 1e3:.0f} to {latency.high * 1e3:.0f})"


def _giga(count: int) -> str:
    return f"{count / 1e9:.2f} G"
