"""Join the sums that runs store: one set of clusters, and one set of phones.

Axes: l layer, h head, y phone.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any

import numpy as np

from otoscope.analysis.phone_labels import PHONE, RunLabels
from otoscope.errors import InputError
from otoscope.phones.inventory import PhoneInventory
from otoscope.relations.label_totals import LabelTotals, merge_labels
from otoscope.results import Run
from otoscope.results.schema import run_clusters
from otoscope.statistics.accumulator import join_groups
from otoscope.statistics.clusters import Clusters, cluster_code
from otoscope.typing import Ints

PHONE_AXES = {"relation": 2, "own_run": 1}
"""Statistic between phones -> how many of its last axes are phones."""


@dataclass(frozen=True, eq=False)
class StoredParts:
    """A run, the heads of each layer, its sums by group of clusters, and its totals of phones."""

    run: Run
    n_heads: tuple[int, ...]
    sums: Mapping[str, Mapping[int, Ints]]
    totals: LabelTotals

    @property
    def phones(self) -> list[str]:
        """Return the phones of the run; empty if no utterance has labels."""
        return self.run.dataset["key_phone"].values.tolist() if "key_phone" in self.run.dataset else []


def merged_labels(runs: Sequence[Run]) -> RunLabels | None:
    """Return the labels of all runs together, or None without labels.

    Raises:
        InputError: the labels are not phones, or the same symbol is another phone when all symbols are there.
    """
    labelled = [run for run in runs if "relation" in run.dataset]
    if not labelled:
        return None
    if units := sorted({str(run.dataset.attrs["unit"]) for run in labelled} - {PHONE}):
        raise InputError(
            f"expected runs with phones as labels, found {units[0]}: which labels are the most frequent of all is not "
            "stored; analyze the whole corpus"
        )
    symbols = {symbol for run in labelled for symbol in run.dataset.attrs["phone_symbols"]}
    inventory = PhoneInventory.of(symbols, labelled[0].plan["corpus"]["phones"])
    for run in labelled:
        for symbol, phone in zip(run.dataset.attrs["phone_symbols"], run.dataset.attrs["phone_names"], strict=True):
            if inventory.folded[symbol] != phone:
                raise InputError(
                    f"expected the same phones in all runs, but {symbol} is {phone} in {run.path} and "
                    f"{inventory.folded[symbol]} among all symbols; pass --phones to both runs"
                )
    return RunLabels(inventory)


def merged_sums(
    stored: Sequence[StoredParts], clusters: Clusters, phones: Sequence[str]
) -> tuple[dict[str, dict[int, Ints]], LabelTotals]:
    """Return the sums of all runs by group of the clusters of all utterances, and the totals of phones.

    Args:
        stored: the runs.
        clusters: clusters of all utterances.
        phones: phones of all runs; empty without labels.

    Raises:
        InputError: clusters are utterances, and a run stores sums of speakers only.
    """
    bits = clusters.bits
    codes = [_new_codes(source, clusters) for source in stored]
    sums = {
        name: join_groups(_arrays(stored, codes, name, phones), bits)
        for name in stored[0].sums
        if phones or name not in PHONE_AXES
    }
    totals = [_totals(source, new, phones) for source, new in zip(stored, codes, strict=True)]
    return sums, reduce(lambda a, b: merge_labels(a, b, bits), totals)


def _new_codes(source: StoredParts, clusters: Clusters) -> dict[int, int]:
    """Return the code of a cluster, or group of clusters, of a run -> its code among the clusters of all utterances."""
    own = run_clusters(source.run.dataset)
    codes = sorted({*next(iter(source.sums.values())), *source.totals.uniform})
    if own.unit == clusters.unit:
        return {code: code for code in codes}
    if clusters.unit == "speaker":  # the run has a single speaker, so that its clusters are utterances
        return dict.fromkeys(codes, cluster_code(f"speaker {source.run.utterances['speaker'].iloc[0]}"))
    raise InputError(
        f"{source.run.path} stores sums of speakers, but not every utterance of the other runs has a known speaker; "
        "analyze all in one run"
    )


def _arrays(
    stored: Sequence[StoredParts], codes: Sequence[Mapping[int, int]], name: str, phones: Sequence[str]
) -> Iterator[tuple[int, Ints]]:
    axes = PHONE_AXES.get(name, 0)
    for source, new in zip(stored, codes, strict=True):
        for code, array in source.sums[name].items():
            yield new[code], _among(array, axes, source.phones, phones)


def _among(array: Any, axes: int, own: Sequence[str], phones: Sequence[str]) -> Any:
    """Return an array whose last axes are the phones of a run as one over all phones; 0 where the run has none."""
    if not axes or list(own) == list(phones):
        return array
    leading = array.shape[: array.ndim - axes]
    joined = np.zeros((*leading, *[len(phones)] * axes), array.dtype)
    if own:
        places = [list(phones).index(phone) for phone in own]
        joined[np.ix_(*map(range, leading), *[places] * axes)] = array
    return joined


def _totals(source: StoredParts, new: Mapping[int, int], phones: Sequence[str]) -> LabelTotals:
    totals = source.totals
    return replace(
        totals,
        count=len(phones),
        labelled=np.zeros(0, np.int64),
        uniform=join_groups(
            ((new[code], _among(array, 2, source.phones, phones)) for code, array in totals.uniform.items()), 63
        ),
        frames=_among(totals.frames, 1, source.phones, phones),
        utterances=_among(totals.utterances, 1, source.phones, phones),
        speakers={name: _among(present, 1, source.phones, phones) for name, present in totals.speakers.items()},
    )
