"""The costs of a model, alone or against another: time, multiplications, parameters, disk and memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.models.model_settings import model_source
from otoscope.refinement.macs import MAC_PARTS, count_macs
from otoscope.refinement.peak_memory import peak_memory
from otoscope.refinement.timing import MedianRange, turns
from otoscope.results.text_table import format_table

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
class Bench:
    """What `bench` found.

    Attributes:
        models: names, the model first, then the one it is compared with, if any.
        parameters, disk: of each model, number of the encoder's weights, bytes of its files (None for a hub name).
        costs: seconds of audio -> cost of each model.
        ratios: seconds of audio -> how many times as long the other model takes, turn by turn; empty without another.
    """

    models: tuple[str, ...]
    parameters: tuple[int, ...]
    disk: tuple[int | None, ...]
    costs: dict[float, tuple[Cost, ...]]
    ratios: dict[float, MedianRange]

    @property
    def table(self) -> str:
        """Return all costs as a table of text."""
        rows: list[tuple[str, ...]] = []
        rows.append(("parameters of the encoder", *(f"{count / 1e6:.2f} M" for count in self.parameters)))
        rows.append(("weights on disk", *("-" if size is None else f"{size / MIB:.1f} MiB" for size in self.disk)))
        for seconds, costs in self.costs.items():
            rows += list(_rows(seconds, costs, self.ratios.get(seconds)))
        return format_table(("", *self.models), rows).removesuffix("\n")


def bench(
    model: str | Path,
    against: str | Path | None = None,
    *,
    seconds: Sequence[float] = (10, 30, 60),
    rounds: int = ROUNDS,
    device: str = "cpu",
) -> Bench:
    """Measure what a model costs on noise of some lengths, alone or compared with another model.

    Two models run alternately, so that other load on the machine affects both.

    Args:
        model: name on the Hugging Face Hub, or folder, of the model.
        against: the other model, or None.
        seconds: lengths of audio in seconds.
        rounds: number of timed runs at each length, after one run to warm up.
        device: a torch device. Peak memory is that of a fresh process on the CPU.

    Returns:
        Latency, multiplications by part, parameters, size on disk and peak memory; with `against`, ratios of medians.

    Raises:
        InputError: a model cannot be loaded, or a length cannot be run.

    Examples:
        >>> measured = bench("bundled", seconds=[1], rounds=1)
        >>> measured.parameters[0] > 4_000_000, list(measured.costs)
        (True, [1])
    """
    if not seconds or not all(0 < length <= MAX_SECONDS for length in seconds):
        lengths = ", ".join(map(str, seconds)) or "none"
        raise InputError(f"expected --seconds above 0 and up to {MAX_SECONDS} (a day), found {lengths}; correct it")
    if rounds < 1:
        raise InputError(f"expected at least 1 round, got {rounds}")
    names = tuple(map(_name, (model,) if against is None else (model, against)))
    encoders = [load(name, device=device) for name in names]
    times = {length: turns(encoders, length, rounds) for length in seconds}
    peaks = peak_memory([encoder.name for encoder in encoders], seconds)
    return Bench(
        models=names,
        parameters=tuple(encoder.model.num_parameters() for encoder in encoders),
        disk=tuple(map(_disk, names)),
        costs={length: _costs(encoders, length, times[length], peaks[length]) for length in seconds},
        ratios={
            length: MedianRange.of([b / a for a, b in rows]) for length, rows in times.items() if against is not None
        },
    )


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


def _milliseconds(latency: MedianRange) -> str:
    return f"{latency.median * 1e3:.0f} ms ({latency.low * 1e3:.0f} to {latency.high * 1e3:.0f})"


def _giga(count: int) -> str:
    return f"{count / 1e9:.2f} G"
