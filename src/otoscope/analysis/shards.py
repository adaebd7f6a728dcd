"""Measure the utterances of a shard."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import numpy as np
from lhotse import MonoCut

from otoscope.analysis.phone_labels import PhoneLabeler
from otoscope.attention.labels import Labels
from otoscope.attention.reductions import Reductions
from otoscope.corpus import SkippedUtterance, speaker_of
from otoscope.corpus.cut_fingerprint import cut_digest, files_digest
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.self_check import overflow_message
from otoscope.relations.label_totals import LabelTotals
from otoscope.runs.utterance_loader import iter_loadable, skip
from otoscope.statistics import accumulator
from otoscope.statistics.accumulator import State
from otoscope.statistics.compute import Values, layer_statistics, stack_layers
from otoscope.statistics.statistic import Statistic

BATCH_SECONDS = 30.0


@dataclass(frozen=True)
class ShardResult:
    """The result of one shard.

    Attributes:
        state: state of all statistics.
        frames: frames of each utterance by its index in the corpus.
        skipped: skipped utterances.
        labels: what the labelled utterances say of phones.
        digests: digest of each cut with its audio by its index in the corpus; without those that cannot be read.
        files: hash of paths, sizes and dates of the audio.
        waves: audio `[samples]` at the rate of the model, by index, of the utterance whose maps the run stores.
    """

    state: State
    frames: dict[int, int]
    skipped: list[SkippedUtterance]
    labels: LabelTotals
    digests: dict[int, bytes]
    files: bytes = b""
    waves: dict[int, np.ndarray] = field(default_factory=dict)


@dataclass(frozen=True)
class ShardOptions:
    """How to measure a shard.

    Attributes:
        labeler: labels the frames for the statistics of phones.
        clusters: name of the cluster of every utterance by its index in the corpus; by default the utterance.
        strict: whether an utterance that cannot be measured is an error.
        on_progress: receives the seconds of audio that are done.
        example: index of the utterance whose audio the result has; None: of none.
    """

    labeler: PhoneLabeler | None = None
    clusters: Mapping[int, str] | None = None
    strict: bool = False
    on_progress: Callable[[float], None] = lambda seconds: None
    example: int | None = None


@dataclass(frozen=True)
class UtteranceStatistics:
    """One utterance: frames of its attention, and each layer's statistics."""

    frames: int
    layers: Sequence[Values]


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
    measured = _empty_result(encoder, shard, statistics, options)
    for batch in batches(shard, encoder.padded_seconds):
        waves = dict(iter_loadable(encoder, batch, measured.skipped, strict=options.strict))
        measured.digests.update(_digests(batch))
        measured.waves.update((index, wave) for index, wave in waves.items() if index == options.example)
        labels = None
        if options.labeler is not None:
            labels = [options.labeler.of(dict(batch)[index], encoder.num_frames(wave)) for index, wave in waves.items()]
        measurements = measure_batch(encoder, waves, statistics, labels, options.on_progress)
        for place, (index, measurement) in enumerate(measurements.items()):
            cut = dict(batch)[index]
            try:
                _check_finite(encoder, measurement, statistics)
                cluster = options.clusters[index] if options.clusters else None
                accumulator.update(measured.state, index, stack_layers(measurement.layers), cluster)
                measured.frames[index] = measurement.frames
                if labels:
                    phone_tr = labels[place].phone_tr.numpy()
                    measured.labels.add(index, phone_tr, measured.state.codes[index], speaker_of(cut))
            except InputError as error:
                skip(cut, error, measured.skipped, strict=options.strict)
        options.on_progress(sum(cut.duration for index, cut in batch if index not in waves))
    return measured


def _empty_result(
    encoder: Encoder,
    shard: Sequence[tuple[int, MonoCut]],
    statistics: Mapping[str, Statistic],
    options: ShardOptions,
) -> ShardResult:
    """Return the result of a shard before an utterance is measured."""
    shapes = {name: statistic.shape for name, statistic in statistics.items()}
    partial = {name for name, statistic in statistics.items() if statistic.may_be_undefined}
    labels = LabelTotals.empty(len(options.labeler.inventory.phones) if options.labeler else 0)
    files = files_digest(cut for _, cut in shard)
    return ShardResult(accumulator.init(shapes, encoder.n_heads, partial), {}, [], labels, {}, files)


def _digests(batch: Iterable[tuple[int, MonoCut]]) -> Iterator[tuple[int, bytes]]:
    """Yield the index and the digest of each cut whose audio can be read."""
    for index, cut in batch:
        with suppress(InputError):
            yield index, cut_digest(cut)


def batches(shard: Sequence[tuple[int, MonoCut]], least_seconds: float) -> Iterator[list[tuple[int, MonoCut]]]:
    """Yield the cuts of a shard in batches of similar lengths.

    A batch has at most `BATCH_SECONDS` of audio with padding, or one longer cut; each cut counts `least_seconds` or
    more. Larger batches take longer on a processor: their states leave its cache.
    """
    cuts = dict(shard)
    for batch in index_batches([(index, cut.duration) for index, cut in shard], least_seconds):
        yield [(index, cuts[index]) for index in batch]


def index_batches(durations: Iterable[tuple[int, float]], least_seconds: float) -> Iterator[list[int]]:
    """Yield the indices of the batches of `batches`, from index and duration of each cut.

    >>> list(index_batches(enumerate([2.0, 14.0, 1.0, 16.0]), 3.0))
    [[3], [1, 0], [2]]
    """
    batch: list[int] = []
    first = 0.0
    for index, seconds in sorted(durations, key=lambda item: (-item[1], item[0])):
        first = first if batch else seconds
        if batch and max(least_seconds, first) * (len(batch) + 1) > BATCH_SECONDS:
            yield batch
            batch, first = [], seconds
        batch.append(index)
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
        layers[layer].extend(layer_statistics(statistics, reduction) for reduction in reductions)
        if layer == 0:
            frames.extend(reduction.length for reduction in reductions)
        on_progress(seconds / calls)

    encoder.measure(list(waves.values()), needs, receive, labels)
    measurements = map(UtteranceStatistics, frames, zip(*layers, strict=True))
    return dict(zip(waves, measurements, strict=True))


def _check_finite(encoder: Encoder, measurements: UtteranceStatistics, statistics: Mapping[str, Statistic]) -> None:
    """Raise InputError with the first layer in which a number overflows."""
    for number, values in enumerate(measurements.layers):
        if not all(
            np.isfinite(values[name]).all() for name, statistic in statistics.items() if not statistic.may_be_undefined
        ):
            raise InputError(overflow_message(encoder.model.dtype, f"by the attention of layer {number}"))
