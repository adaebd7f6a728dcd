"""Cost of `analyze` beyond the forward of the model, and of the intervals of relations.

`analyze-whisper` needs whisper-tiny.en in the folder OTOSCOPE_MODELS; most rows need timit-sample in OTOSCOPE_CORPORA.
One thread: CPU time is then the work that was done.

    python benchmarks/analysis.py [ROW ...]
"""

import cProfile
import pstats
import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from lhotse import CutSet
from transformers.utils import logging

from harness import CORPORA, MODELS, Quantity, Row, Rows, ratio_row, require_path, run_rows, time_row
from otoscope import analyze, load, read_corpus
from otoscope.analysis.shards import batches, measure_batch
from otoscope.models.encoder import Encoder
from otoscope.relations.dataset import Relations, relation_dataset
from otoscope.relations.significance import PhoneSupport
from otoscope.statistics import available_statistics

UTTERANCES = 12


def timit() -> CutSet:
    return read_corpus(require_path(CORPORA / "timit-sample"), on_skip=lambda _: None)


def whisper() -> Encoder:
    return load(require_path(MODELS / "whisper-tiny.en"), device="cpu")


def forwards(encoder: Encoder, waves: Sequence[np.ndarray]) -> None:
    for wave in waves:
        encoder.forward_unhooked([wave])


def analyze_anew(encoder: Encoder, cuts: CutSet) -> None:
    with tempfile.TemporaryDirectory() as folder:
        analyze(encoder, cuts, Path(folder) / "run")


def whisper_row() -> list[Row]:
    """Measure utterances as `analyze` does, over the forward of each: what each further utterance costs."""
    encoder, cuts = whisper(), list(timit())[:UTTERANCES]
    waves = dict(enumerate(map(encoder.load_wave, cuts)))
    chosen = available_statistics((), encoder.model_reductions)

    def measure() -> None:
        for batch in batches(list(enumerate(cuts)), encoder.padded_seconds):
            measure_batch(encoder, {index: waves[index] for index, _ in batch}, chosen)

    work = f"whisper-tiny.en: {UTTERANCES} utterances as analyze measures them, over their forward"
    return ratio_row(work, partial(forwards, encoder, list(waves.values())), measure, "at most 1.15x")


def bundled_row() -> list[Row]:
    """Return seconds of audio per second of `analyze` in a process that has loaded the model."""
    encoder, cuts = load("bundled", device="cpu"), timit()
    seconds = sum(cut.duration for cut in cuts)
    row = time_row("", partial(analyze_anew, encoder, cuts), times=3)
    rates = [Quantity(seconds / q.median, seconds / q.high, seconds / q.low, q.count) for q in (row.cpu, row.wall) if q]
    cpu, wall = rates
    return [Row("bundled model on timit-sample: audio per second of analyze", "s", cpu, wall, goal="at least 45 s")]


def intervals_row(layers: int = 12, heads: int = 12, speakers: int = 24) -> list[Row]:
    """Compute the relations of 40 phones with intervals from drawn sums."""
    random, phones = np.random.default_rng(0), tuple(f"p{y}" for y in range(40))
    count = len(phones)
    relation = random.dirichlet(np.ones(count**2), (speakers, layers, heads)).reshape(
        speakers, layers, heads, count, count
    )
    baseline = random.dirichlet(np.ones(count**2), speakers).reshape(speakers, count, count)
    own_run = relation.diagonal(axis1=-2, axis2=-1) / 2
    elsewhere = baseline - np.eye(count) * baseline / 2
    support = PhoneSupport(*(np.full(count, number) for number in (100 * speakers, speakers, speakers)))
    sums = Relations(relation, own_run, baseline, elsewhere)
    work = partial(relation_dataset, sums, np.ones(speakers), phones, "speaker", support)
    return [time_row(f"relations of {layers * heads} heads and {count} phones, {speakers} speakers", work)]


PARTS = {
    "the model's linear layers": ("<built-in method torch._C._nn.linear>",),
    "attention and reductions": ("attend_with",),
    "statistics from reductions": ("layer_statistics",),
    "relations and their intervals": ("relations",),
    "other results and their intervals": ("assemble",),
    "shards written": ("write_shard",),
    "maps of one utterance": ("store_example",),
    "audio read": ("read_cuts", "load_wave"),
}
"""Part of `analyze` -> functions whose cumulative time it is."""


def parts_row() -> Iterator[Row]:
    """Return the share of each part of `analyze` with the bundled model, by cProfile."""
    encoder, cuts = load("bundled", device="cpu"), timit()
    analyze_anew(encoder, cuts)
    with cProfile.Profile() as profile:
        analyze_anew(encoder, cuts)
    calls: dict[tuple[str, int, str], tuple[float, ...]] = vars(pstats.Stats(profile))["stats"]
    if absent := {name for names in PARTS.values() for name in names} - {name for _, _, name in calls}:
        raise LookupError(f"analyze no longer calls {', '.join(sorted(absent))}: name what does its work")
    seconds = {
        part: sum(entry[3] for (_, _, name), entry in calls.items() if name in functions)
        for part, functions in PARTS.items()
    }
    whole = max(entry[3] for (_, _, name), entry in calls.items() if name == "analyze")
    for part, value in seconds.items():
        yield Row(f"analyze, bundled model: {part}", "%", value=100 * value / whole)


ROWS: Rows = {
    "analyze-whisper": whisper_row,
    "analyze-bundled": bundled_row,
    "analyze-parts": parts_row,
    "relation-intervals": intervals_row,
}

if __name__ == "__main__":
    logging.disable_progress_bar()
    run_rows(ROWS, threads=1)
