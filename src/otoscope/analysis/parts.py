"""What the Dataset of a run is computed from: rows and sums that merge. `states.npz` of a run stores the sums.

Axes: u utterance, l layer, h head, g group of clusters, y phone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pandas as pd
import xarray as xr
from numpy.lib.format import dtype_to_descr, write_array, write_array_header_1_0

from otoscope._io.atomic import atomic_write
from otoscope.analysis.phone_labels import RunLabels, relations
from otoscope.corpus.windows import OVERLAP
from otoscope.relations.label_totals import LabelTotals, label_arrays, labels_from_arrays
from otoscope.results import Measurements, Run, assemble
from otoscope.results.schema import StatisticInfo
from otoscope.statistics.accumulator import grouped_sums
from otoscope.statistics.clusters import Clusters, make_clusters, utterance_of
from otoscope.typing import AnyFloats, Array, Ints

STATES = "states.npz"


@dataclass(frozen=True, eq=False)
class Utterances:
    """The utterances of a run: what their clusters follow from, and their table, which is made when it is used.

    Attributes:
        ids: id of each.
        speakers: speaker of each; empty or None where unknown.
        make_table: returns index of ids, columns frames, duration, speaker and its metadata.
    """

    ids: Sequence[str]
    speakers: Iterable[str | None]
    make_table: Callable[[], pd.DataFrame]

    @classmethod
    def of(cls, table: pd.DataFrame) -> "Utterances":
        """Return the utterances of a table in memory."""
        return cls(list(table.index), list(table["speaker"]), lambda: table)


@dataclass(frozen=True, eq=False)
class ReducedSums:
    """What the Dataset needs of the sums of a run, a tenth of their size.

    Attributes:
        grouped: sums of each statistic of the Dataset with dims, `[g, l, h, *dims]`.
        relations: relations between phones; None without labels.
    """

    grouped: Mapping[str, AnyFloats]
    relations: xr.Dataset | None


@dataclass(frozen=True, eq=False)
class RunParts:
    """The measurements of a run.

    Attributes:
        statistics: statistics of the Dataset, without those between phones.
        n_heads: heads of each layer.
        rows: of each scalar, `[u, l, h]`.
        sums: of each statistic with dims, `[l, h, *dims]` in units of 2^-40 by group of clusters.
        utterances: the utterances that were measured.
        labels: the labels of the corpus; None without.
        totals: what labelled utterances say of phones; its indices are places in `utterances`.
        frame_period: seconds between two frames.
        attributes: further attributes of the Dataset.
        reduced: what the Dataset needs of `sums` and `totals`, which may then be empty; None computes it.
    """

    statistics: Sequence[StatisticInfo]
    n_heads: tuple[int, ...]
    rows: Mapping[str, AnyFloats]
    sums: Mapping[str, Mapping[int, Ints]]
    utterances: Utterances
    labels: RunLabels | None
    totals: LabelTotals
    frame_period: float
    attributes: Mapping[str, Any]
    reduced: ReducedSums | None = None

    @cached_property
    def clusters(self) -> Clusters:
        """Return the cluster of each utterance."""
        return make_clusters(self.utterances.speakers, map(utterance_of, self.utterances.ids))


def run_dataset(parts: RunParts) -> xr.Dataset:
    """Return the Dataset of a run: means, intervals, categories, rows, and relations if there are labels."""
    reduced = parts.reduced or reduce_sums(parts)
    measurements = Measurements(parts.statistics, parts.rows, parts.clusters, reduced.grouped)
    table = parts.utterances.make_table()
    dataset = assemble(measurements, table, frame_period=parts.frame_period, attributes=dict(parts.attributes))
    if reduced.relations is None:
        return dataset
    return dataset.merge(reduced.relations).assign_attrs(reduced.relations.attrs)


def reduce_sums(parts: RunParts) -> ReducedSums:
    """Return what the Dataset needs of the sums of a run, so that the sums can leave memory before it is made."""
    names = [statistic.name for statistic in parts.statistics if statistic.dims]
    grouped = {name: grouped_sums(parts.sums[name], parts.n_heads) for name in names}
    if parts.labels is None:
        return ReducedSums(grouped, None)
    return ReducedSums(grouped, relations(parts.labels, parts.totals, parts.sums, parts.n_heads, parts.clusters))


def without_sums(parts: RunParts) -> RunParts:
    """Return the parts with their sums reduced; the sums leave memory if nothing else holds them."""
    return replace(parts, sums={}, totals=LabelTotals(), reduced=reduce_sums(parts))


def window_attributes(seconds: float | None) -> dict[str, float]:
    """Return the attributes of a run whose long utterances are measured in windows."""
    return {} if seconds is None else {"window": seconds, "window_overlap": OVERLAP * seconds}


def write_states(folder: Path, parts: RunParts) -> None:
    """Store the sums of a run, so that `otoscope merge` joins it with others to the same bits.

    Raises:
        InputError: the disk is full, or the folder cannot be written.
    """
    groups = np.unique(parts.clusters.codes)
    about = {"n_heads": np.array(parts.n_heads), "groups": groups, "speakers": np.array(list(parts.totals.speakers))}
    with atomic_write(folder / STATES, shared=True) as partial, ZipFile(partial, "w", ZIP_DEFLATED) as archive:
        for name, array in (about | label_arrays(parts.totals)).items():
            _write_array(archive, name, array)
        for name, sums in parts.sums.items():
            _write_stack(archive, f"sums/{name}", [sums[int(group)] for group in groups])


def _write_array(archive: ZipFile, name: str, array: Array) -> None:
    """Write one array, as `np.savez` does; only it is in memory."""
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        write_array(file, np.asanyarray(array), allow_pickle=False)


def _write_stack(archive: ZipFile, name: str, arrays: Sequence[Array]) -> None:
    """Write arrays of the same shape as one, without a copy of all of them in memory."""
    first = np.ascontiguousarray(arrays[0])
    header = {"descr": dtype_to_descr(first.dtype), "fortran_order": False, "shape": (len(arrays), *first.shape)}
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        write_array_header_1_0(file, header)
        for array in arrays:
            file.write(np.ascontiguousarray(array).tobytes())


def read_states(run: Run) -> tuple[tuple[int, ...], dict[str, dict[int, Ints]], LabelTotals]:
    """Return the heads of each layer, the sums of each statistic by group, and the totals of phones of a run."""
    with np.load(run.path / STATES) as arrays:
        groups = [int(group) for group in arrays["groups"]]
        names = [name.removeprefix("sums/") for name in arrays.files if name.startswith("sums/")]
        sums = {name: dict(zip(groups, arrays[f"sums/{name}"], strict=True)) for name in names}
        totals = labels_from_arrays(arrays, [str(name) for name in arrays["speakers"]])
        return tuple(int(count) for count in arrays["n_heads"]), sums, totals
