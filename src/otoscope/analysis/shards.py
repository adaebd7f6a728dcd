"""Split a corpus into shards; measure each shard once and write its results to one file."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from lhotse import MonoCut

from otoscope._io.atomic import atomic_write
from otoscope.analysis.phone_labels import PhoneLabeler
from otoscope.attention.labels import Labels
from otoscope.attention.reductions import Reductions
from otoscope.corpus import SkippedUtterance
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.self_check import overflow_message
from otoscope.runs.utterance_loader import iter_loadable, skip
from otoscope.statistics import accumulator
from otoscope.statistics.accumulator import State
from otoscope.statistics.compute import Values, layer_statistics, stack_layers
from otoscope.statistics.statistic import Statistic

SHARD_SECONDS = 120.0
BATCH_SECONDS = 30.0


@dataclass(frozen=True)
class ShardResult:
    """The result of one shard: state, frames of each utterance by its index in the corpus, and skipped utterances."""

    state: State
    frames: dict[int, int]
    skipped: list[SkippedUtterance]


@dataclass(frozen=True)
class ShardOptions:
    """How to measure a shard.

    Attributes:
        labeler: labels the frames for the statistics of phones.
        clusters: name of the cluster of every utterance, by its index in the corpus; by default the utterance.
        strict: whether an utterance that cannot be measured is an error.
        on_progress: receives the seconds of audio that are done.
    """

    labeler: PhoneLabeler | None = None
    clusters: Sequence[str] | None = None
    strict: bool = False
    on_progress: Callable[[float], None] = lambda seconds: None


@dataclass(frozen=True)
class UtteranceStatistics:
    """One utterance: frames of its attention, and each layer's statistics."""

    frames: int
    layers: Sequence[Values]


def split_into_shards(cuts: Sequence[MonoCut], seconds: float) -> Iterator[list[tuple[int, MonoCut]]]:
    """Yield consecutive cuts with their indices in the corpus, in groups of at most `seconds` (or one longer cut)."""
    group: list[tuple[int, MonoCut]] = []
    for index, cut in enumerate(cuts):
        if group and sum(c.duration for _, c in group) + cut.duration > seconds:
            yield group
            group = []
        group.append((index, cut))
    if group:
        yield group


def measure(
    encoder: Encoder,
    shard: Sequence[tuple[int, MonoCut]],
    statistics: Mapping[str, Statistic],
    options: ShardOptions = ShardOptions(),
) -> ShardResult:
    """Run a shard through the model.

    Raises:
        InputError: with `strict`, for the first utterance that cannot be measured.
    """
    shapes = {name: statistic.shape for name, statistic in statistics.items()}
    partial = {name for name, statistic in statistics.items() if statistic.may_be_undefined}
    measured = ShardResult(accumulator.init(shapes, encoder.n_heads, partial), {}, [])
    for batch in batches(shard, encoder.padded_seconds):
        waves = dict(iter_loadable(encoder, batch, measured.skipped, strict=options.strict))
        labels = None
        if options.labeler is not None:
            labels = [options.labeler.of(dict(batch)[index], encoder.num_frames(wave)) for index, wave in waves.items()]
        for index, measurements in measure_batch(encoder, waves, statistics, labels, options.on_progress).items():
            try:
                _check_finite(encoder, measurements, statistics)
                cluster = options.clusters[index] if options.clusters else None
                accumulator.update(measured.state, index, stack_layers(measurements.layers), cluster)
                measured.frames[index] = measurements.frames
            except InputError as error:
                skip(dict(batch)[index], error, measured.skipped, strict=options.strict)
        options.on_progress(sum(cut.duration for index, cut in batch if index not in waves))
    return measured


def merge_shards(a: ShardResult, b: ShardResult) -> ShardResult:
    """Merge the results of two parts of a corpus."""
    return ShardResult(accumulator.merge(a.state, b.state), a.frames | b.frames, a.skipped + b.skipped)


def batches(shard: Sequence[tuple[int, MonoCut]], least_seconds: float = 0.0) -> Iterator[list[tuple[int, MonoCut]]]:
    """Yield the cuts of a shard in batches of similar lengths.

    A batch has at most `BATCH_SECONDS` of audio with padding, or one longer cut; each cut counts `least_seconds` or
    more. Larger batches take longer on a processor: their states leave its cache.
    """
    batch: list[tuple[int, MonoCut]] = []
    for index, cut in sorted(shard, key=lambda item: (-item[1].duration, item[0])):
        longest = max(least_seconds, (batch[0][1] if batch else cut).duration)
        if batch and longest * (len(batch) + 1) > BATCH_SECONDS:
            yield batch
            batch = []
        batch.append((index, cut))
    if batch:
        yield batch


def measure_batch(
    encoder: Encoder,
    waves: Mapping[int, np.ndarray],
    statistics: Mapping[str, Statistic],
    labels: Sequence[Labels] | None = None,
    on_progress: Callable[[float], None] = lambda seconds: None,
) -> dict[int, UtteranceStatistics]:
    """Return the statistics of every layer for each wave, by the index of the wave in the corpus.

    A layer's reductions, which grow with the audio, are released before the next. Each layer calls `on_progress`.
    """
    if not waves:
        return {}
    layers: list[list[Values]] = [[] for _ in range(encoder.n_layers)]
    frames: list[int] = []
    needs = frozenset[str]().union(*(statistic.requires for statistic in statistics.values()))
    seconds = sum(map(len, waves.values())) / encoder.sampling_rate
    calls = encoder.n_layers * (1 if encoder.padding_invariant else len(waves))

    def receive(layer: int, reductions: list[Reductions]) -> None:
        layers[layer].extend(layer_statistics(statistics, one) for one in reductions)
        if layer == 0:
            frames.extend(one.length for one in reductions)
        on_progress(seconds / calls)

    encoder.measure(list(waves.values()), needs, receive, labels)
    measurements = map(UtteranceStatistics, frames, zip(*layers, strict=True))
    return dict(zip(waves, measurements, strict=True))


def _check_finite(encoder: Encoder, measurements: UtteranceStatistics, statistics: Mapping[str, Statistic]) -> None:
    """Raise InputError with the first layer in which a number overflows."""
    for number, values in enumerate(measurements.layers):
        if not all(np.isfinite(values[name]).all() for name, one in statistics.items() if not one.may_be_undefined):
            raise InputError(overflow_message(encoder.model.dtype, f"by the attention of layer {number}"))


def write_shard(path: Path, measured: ShardResult) -> None:
    """Write the results of a shard to one file. A failure leaves no partial file."""
    about = {
        "frames": {str(index): frames for index, frames in measured.frames.items()},
        "skipped": measured.skipped,
    }
    path.parent.mkdir(exist_ok=True)
    with atomic_write(path) as partial, partial.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, about=json.dumps(about), **accumulator.to_arrays(measured.state))


def read_shard(path: Path) -> ShardResult:
    """Read a shard that `write_shard` wrote."""
    with np.load(path) as arrays:
        about = json.loads(str(arrays["about"]))
        state = accumulator.from_arrays({name: arrays[name] for name in arrays.files if name != "about"})
    frames = {int(index): frames for index, frames in about["frames"].items()}
    return ShardResult(state, frames, [SkippedUtterance(*entry) for entry in about["skipped"]])
