"""The heads of a model at one step of its training, as arrays.

Axes: L layer, H head, 2 the bounds of an interval, B blocks of frames of an overview.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr
from lhotse import CutSet, MonoCut
from numpy.typing import NDArray

from otoscope.analysis.parts import RunParts, Utterances, run_dataset
from otoscope.analysis.phone_labels import make_labeler
from otoscope.analysis.shards import ShardOptions, ShardResult, measure
from otoscope.analysis.stored_maps import example_rank
from otoscope.corpus import SkippedUtterance, phones_of, speaker_of
from otoscope.errors import InputError
from otoscope.maps.pooling import block_means
from otoscope.models.encoder import Encoder
from otoscope.relations.label_totals import LabelTotals
from otoscope.results.head_columns import shape_columns
from otoscope.results.stored_map import OVERVIEW as MAX_BLOCKS
from otoscope.runs.options import SpeechOptions
from otoscope.runs.speech_source import SpeechSource, make_source, read_cuts
from otoscope.statistics import available_statistics
from otoscope.statistics.clusters import make_clusters
from otoscope.statistics.statistic import Statistic

STATISTICS = ("globalness", "verticality", "diagonality", "weight", "normalised_entropy")
OF_SHAPES = ("offset_divergence", "offset_profile", "own_run_share", "own_run_by_offset")
"""Statistics that decide on the shapes of heads."""
TEXTS = ("category", "shape")
OVERVIEW = "overview"


@dataclass(frozen=True, eq=False)
class SnapshotSpeech:
    """The utterances on which the heads are measured at each step, read once, and what was skipped."""

    source: SpeechSource
    cuts: Sequence[MonoCut]
    skipped: Sequence[SkippedUtterance]


def read_snapshot_speech(corpus: str | Path | CutSet, options: SpeechOptions) -> SnapshotSpeech:
    """Read the utterances of a corpus, without their audio.

    Raises:
        InputError: the corpus cannot be read, or has no such selection.
    """
    source = make_source(corpus, options)
    return SnapshotSpeech(source, *read_cuts(source))


def measure_snapshot(encoder: Encoder, speech: SnapshotSpeech) -> dict[str, NDArray[Any]]:
    """Return statistics with intervals, categories and shapes `[L, H]` of all heads, and an overview of their maps.

    They equal those of `analyze`; nothing is written.

    Raises:
        InputError: a layer has no heads, or no utterance can be measured.
    """
    encoder.check_heads()
    labeler = make_labeler(encoder, speech.cuts, speech.source.phones)
    available = available_statistics(labeler.inventory.phones if labeler else (), encoder.model_reductions)
    statistics = {name: available[name] for name in (*STATISTICS, *OF_SHAPES) if name in available}
    names = make_clusters(map(speaker_of, speech.cuts), [cut.id for cut in speech.cuts]).names
    options = ShardOptions(labeler, dict(enumerate(names)), speech.source.strict)
    measured = measure(encoder, list(enumerate(speech.cuts)), statistics, options)
    skipped = [*speech.skipped, *measured.skipped]
    if not measured.frames:
        raise InputError(f"no utterance can be measured; the first: {skipped[0].id}: {skipped[0].reason}")
    dataset = _dataset(encoder, speech.cuts, statistics, measured)
    example = min(
        (speech.cuts[index] for index in sorted(measured.frames)),
        key=lambda cut: example_rank(bool(phones_of(cut)), cut.duration),
    )
    described = {"utterance": example.id, "clusters": dataset.attrs["clusters"], "skipped": json.dumps(skipped)}
    return _arrays(dataset) | {
        OVERVIEW: _overview(encoder, example),
        **{name: np.array(text) for name, text in described.items()},
    }


def _dataset(
    encoder: Encoder, cuts: Sequence[MonoCut], statistics: dict[str, Statistic], measured: ShardResult
) -> xr.Dataset:
    """Return the Dataset that a run of these utterances has, without relations between phones."""
    used = sorted(measured.frames)
    columns = {
        "frames": [measured.frames[index] for index in used],
        "duration": [cuts[index].duration for index in used],
        "speaker": [speaker_of(cuts[index]) or "" for index in used],
    }
    parts = RunParts(
        statistics=[statistic for statistic in statistics.values() if not statistic.has_phone_dims],
        n_heads=measured.state.n_heads,
        rows={name: np.stack([rows[index] for index in used]) for name, rows in measured.state.rows.items()},
        sums=measured.state.sums,
        utterances=Utterances.of(pd.DataFrame(columns, index=pd.Index([cuts[index].id for index in used], name="id"))),
        labels=None,
        totals=LabelTotals(),
        frame_period=encoder.frame_period,
        attributes={},
    )
    return run_dataset(parts)


def _arrays(dataset: xr.Dataset) -> dict[str, NDArray[Any]]:
    arrays: dict[str, NDArray[Any]] = {}
    for name in STATISTICS:
        arrays |= {name: dataset[name].values, f"{name}_interval": dataset[f"{name}_interval"].values}
    shapes = shape_columns(dataset)
    texts = {"category": dataset["category"].values, "shape": np.full(dataset["category"].shape, "")}
    if shapes:
        texts["shape"] = shapes["shape"].values
    return arrays | {name: text.astype(str) for name, text in texts.items()}


def _overview(encoder: Encoder, cut: MonoCut) -> NDArray[np.float16]:
    """Return means of the maps of all heads over blocks of frames, `[L, H, B, B]`; NaN where a layer has no head."""
    means: dict[tuple[int, int], NDArray[Any]] = {}

    def pool(layer: int, head: int, attn_qk: np.ndarray) -> None:
        means[layer, head] = block_means(attn_qk, MAX_BLOCKS).astype(np.float16)

    encoder.visit_maps(cut, pool)
    blocks = next(iter(means.values())).shape
    overview = np.full((encoder.n_layers, max(encoder.n_heads), *blocks), np.nan, np.float16)
    for place, mean_qk in means.items():
        overview[place] = mean_qk
    return overview
