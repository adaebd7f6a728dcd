"""Join runs of the same model and plan over disjoint utterances, to the bits of one run over all."""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from otoscope._io.saved_work import check_same_plan
from otoscope.analysis.merged_sums import StoredParts, merged_labels, merged_sums
from otoscope.analysis.parts import STATES, RunParts, Utterances, read_states, run_dataset, write_states
from otoscope.analysis.stored_maps import MERGED, corpus_parts, example_rank
from otoscope.errors import InputError, join_truncated
from otoscope.relations.label_totals import LabelTotals
from otoscope.results import Run, claim_folder, finish, open_run
from otoscope.results.schema import HEADS
from otoscope.results.stored_map import copy_map
from otoscope.results.subset import ATTRIBUTES, StoredStatistic
from otoscope.statistics.clusters import utterance_of
from otoscope.typing import AnyFloats, Ints

MAX_NAMED = 3
OF_ONE_CORPUS = ("path", "selection", "utterances", "fingerprint", "files", "listing", MERGED)
"""Keys of a plan's corpus in which runs that are merged may differ."""


def merge(runs: Sequence[str | Path], out: str | Path) -> Run:
    """Join runs of analyze over disjoint utterances; the numbers are those of one run over all, to the last bit.

    Args:
        runs: at least two run folders, of the same model, options and versions.
        out: the run folder; must not exist or be empty.

    Returns:
        The finished run. Its example is the best of those that the runs store.

    Raises:
        InputError: the runs differ in their plans or labels, share utterances, or store no sums.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from otoscope import SpeechOptions, analyze
        >>> with TemporaryDirectory() as folder:
        ...     for name in ("awb", "rms"):
        ...         options = SpeechOptions(speakers=(name,), limit=1)
        ...         _ = analyze("bundled", "bundled", f"{folder}/{name}", options=options)
        ...     merge([f"{folder}/awb", f"{folder}/rms"], f"{folder}/both").dataset.attrs["clusters"]
        '2 speakers'
    """
    if len(runs) < 2:
        raise InputError(f"expected at least 2 runs to merge, found {len(runs)}; name more")
    stored = [_read(open_run(run)) for run in runs]
    _check_plans(stored)
    _check_disjoint(stored)
    parts = _joined(stored)
    folder = Path(out)
    claim_folder(folder, _plan(stored))
    try:
        write_states(folder, parts)
        _copy_example(stored, parts, folder)
        finish(folder, run_dataset(parts), _skipped(stored))
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return open_run(folder)


def _read(run: Run) -> StoredParts:
    if run.kind != HEADS:
        raise InputError(f"expected runs that analyze wrote, {run.path} holds {run.kind}; merge runs of analyze")
    if not (run.path / STATES).is_file():
        raise InputError(f"expected {STATES} in {run.path}, found none: an older otoscope wrote it; analyze it again")
    return StoredParts(run, *read_states(run))


def _check_plans(stored: Sequence[StoredParts]) -> None:
    first, *others = [_comparable(source.run.plan) for source in stored]
    for source, plan in zip(stored[1:], others, strict=True):
        try:
            check_same_plan(stored[0].run.path, first, plan)
        except InputError as error:
            raise InputError(f"{source.run.path} cannot be merged: {error}") from None


def _comparable(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the part of a plan in which runs that are merged agree."""
    corpus = {key: value for key, value in plan["corpus"].items() if key not in OF_ONE_CORPUS}
    return {**{key: value for key, value in plan.items() if key != "shards"}, "corpus": corpus}


def _check_disjoint(stored: Sequence[StoredParts]) -> None:
    counts = Counter(id for source in stored for id in source.run.utterances.index)
    if shared := [id for id, count in counts.items() if count > 1]:
        raise InputError(
            f"expected runs over disjoint utterances, found {len(shared)} in several runs: "
            f"{join_truncated(shared, MAX_NAMED)}; select other utterances of one of them"
        )


def _joined(stored: Sequence[StoredParts]) -> RunParts:
    """Return the parts of one run over all utterances, in the order of their ids."""
    table = pd.concat([source.run.utterances for source in stored])
    order = np.array(sorted(range(len(table)), key=lambda place: utterance_of(str(table.index[place]))))
    first, labels = stored[0].run.dataset, merged_labels([source.run for source in stored])
    described = [StoredStatistic.of(first, name) for name in first.attrs["statistics"]]
    parts = RunParts(
        statistics=described,
        n_heads=stored[0].n_heads,
        rows={variable.name: _rows(stored, variable.name)[order] for variable in described if not variable.dims},
        sums={},
        utterances=Utterances.of(_filled(table).iloc[order]),
        labels=labels,
        totals=LabelTotals(),
        frame_period=first.attrs["frame_period"],
        attributes={name: first.attrs[name] for name in ATTRIBUTES if name in first.attrs},
    )
    corpus = {
        "corpus": _corpus(stored)["path"],
        "synthetic": int(all(source.run.dataset.synthetic for source in stored)),
    }
    parts = replace(parts, attributes={**parts.attributes, **corpus})
    sums, totals = merged_sums(stored, parts.clusters, labels.inventory.phones if labels else ())
    return replace(parts, sums=sums, totals=_placed(stored, totals, order))


def _rows(stored: Sequence[StoredParts], name: str) -> AnyFloats:
    return np.concatenate([source.run.dataset[f"{name}_rows"].values for source in stored])


def _filled(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose text columns are empty where a run lacks them."""
    return table.fillna({name: "" for name in table if table[name].dtype == object})


def _placed(stored: Sequence[StoredParts], totals: LabelTotals, order: Ints) -> LabelTotals:
    """Return totals with the places of labelled utterances in the merged run."""
    starts = np.cumsum([0, *(len(source.run.utterances) for source in stored)])
    labelled = [start + source.totals.labelled for start, source in zip(starts, stored, strict=False)]
    return replace(totals, labelled=np.flatnonzero(np.isin(order, np.concatenate(labelled))))


def _plan(stored: Sequence[StoredParts]) -> dict[str, Any]:
    return {**stored[0].run.plan, "corpus": _corpus(stored)}


def _corpus(stored: Sequence[StoredParts]) -> dict[str, Any]:
    """Return what the plan records of the corpus: that of all runs, and each of them."""
    corpora = [part for source in stored for part in corpus_parts(source.run)]
    together = " ".join(sorted(corpus["fingerprint"] for corpus in corpora))
    return {
        **{key: value for key, value in corpora[0].items() if key not in OF_ONE_CORPUS},
        "selection": None,
        "path": " + ".join(dict.fromkeys(corpus["path"] for corpus in corpora)),
        "utterances": sum(corpus["utterances"] for corpus in corpora),
        "fingerprint": sha256(together.encode()).hexdigest(),
        MERGED: corpora,
    }


def _skipped(stored: Sequence[StoredParts]) -> list[tuple[str, ...]]:
    entries = [tuple(row) for source in stored for row in source.run.skipped.itertuples(index=False)]
    return list(dict.fromkeys(entries))


def _copy_example(stored: Sequence[StoredParts], parts: RunParts, folder: Path) -> None:
    """Copy the maps of the best example of the runs; `store_example` has the rule."""
    ids = list(map(str, parts.utterances.ids))
    ranked = [
        (*_example_rank(source.run, source.run.maps[0]), ids.index(source.run.maps[0]), source.run)
        for source in stored
        if source.run.maps and "on_request" not in source.run.map(source.run.maps[0]).attrs
    ]
    if ranked:
        *_, index, run = min(ranked, key=lambda entry: entry[:3])
        copy_map(run.map_folder(run.maps[0]), folder, index)


def _example_rank(run: Run, id: str) -> tuple[bool, float]:
    return example_rank(bool(run.map(id).sizes["phone"]), float(run.dataset["duration"].sel(utterance=id)))
