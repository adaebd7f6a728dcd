"""From a model and a corpus to a run folder."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr
from lhotse import CutSet, MonoCut

from otoscope import embedded, statistics
from otoscope.corpus import Skipped, read_corpus
from otoscope.engine.labels import Labelling, labelling, relations
from otoscope.engine.maps import store_example
from otoscope.engine.plan import make_plan
from otoscope.engine.progress import progress
from otoscope.engine.shards import SHARD_SECONDS, Measured, join, measure, read_shard, split, write_shard
from otoscope.errors import BadInput
from otoscope.models.encoder import Encoder
from otoscope.models.load import load
from otoscope.results import Run, assemble, claim_folder, finish, open_run
from otoscope.results.summary import left_out
from otoscope.statistics import state
from otoscope.statistics.statistic import Statistic


@dataclass(frozen=True)
class Work:
    """What is measured of which cuts, by which plan; `strict`: a cut that cannot be used is an error."""

    encoder: Encoder
    cuts: list[MonoCut]
    statistics: Mapping[str, Statistic]
    labelling: Labelling | None
    plan: dict[str, Any]
    strict: bool


def analyze(
    model: str | Path | Encoder,
    corpus: str | Path | CutSet,
    out: str | Path,
    *,
    device: str = "auto",
    dtype: str = "float32",
    limit: int | None = None,
    resume: bool = False,
    format: str | None = None,
    tier: str | None = None,
    channel: int | None = None,
    strict: bool = False,
    allow_mismatch: bool = False,
) -> Run:
    """Measure every head of a model on a corpus, sort the heads into categories, and keep it all as a run folder.

    Args:
        model: what `load` takes, or an Encoder (whose interventions are then in force; statistics of heads that it
            removes describe the attention they would have).
        corpus: what `read_corpus` takes, `"embedded"`, or cuts.
        out: the run folder; must not exist or be empty.
        device, dtype: as for `load`.
        limit: measure the first `limit` utterances only.
        resume: go on with an unfinished run of the same plan; finished shards are not measured again.
        format, tier, channel: as for `read_corpus`.
        strict: an utterance that cannot be used is an error; otherwise it is left out and listed in `run.skipped`.
            No number depends on it: a run may be resumed with or without, but with it is refused, though finished and
            kept, where utterances were left out before.

        allow_mismatch: as for `load`.

    Raises:
        BadInput: the model, the corpus or the folder cannot be used, or no utterance can be measured.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     run = analyze("embedded", "embedded", folder, limit=2)
        ...     list(run.heads.columns[:7])
        ['layer', 'head', 'globalness', 'verticality', 'diagonality', 'weight', 'category']
    """
    if limit is not None and limit < 1:
        raise BadInput(f"expected a limit of at least 1 utterance, got {limit}")
    encoder = model
    if not isinstance(encoder, Encoder):
        encoder = load(encoder, device=device, dtype=dtype, allow_mismatch=allow_mismatch)
    reading = {"format": format, "tier": tier, "channel": channel}
    name, cuts, skipped = _read(corpus, reading, strict)
    if len({cut.id for cut in cuts}) < max(len(cuts), 1):
        raise BadInput(f"expected cuts with different ids, and at least one; got {len(cuts)}")
    known = labelling(encoder, cuts[:limit])
    found = statistics.discover(known.inventory.phones if known else ()) | encoder.statistics
    plan = make_plan(encoder, cuts[:limit], name, found, {**reading, "limit": limit})
    new = not Path(out).exists()
    if claim_folder(out, plan, resume=resume) != "finished":
        with _nothing_half_made(Path(out), new):
            _measure(Work(encoder, cuts[:limit], found, known, plan, strict), Path(out), skipped)
    run = open_run(out)
    if strict and len(run.skipped):
        raise BadInput(f"{out} is finished, but strict allows none left out: {left_out(run)}; analyze without it")
    return run


def _read(
    corpus: str | Path | CutSet, reading: dict[str, Any], strict: bool
) -> tuple[str, list[MonoCut], list[Skipped]]:
    if isinstance(corpus, CutSet):
        return "cuts given in Python", list(corpus), []
    path = embedded.speech() if str(corpus) == "embedded" else Path(corpus)
    skipped: list[Skipped] = []
    return str(path), list(read_corpus(path, **reading, strict=strict, on_skip=skipped.append)), skipped


@contextmanager
def _nothing_half_made(folder: Path, new: bool) -> Iterator[None]:
    """A failure before the first shard is kept leaves the place as it was; after it, a run that can be resumed."""
    try:
        yield
    except BadInput:
        if not any(folder.glob("shards/*.npz")):
            (folder / "run.json").unlink()
            shutil.rmtree(folder / "shards", ignore_errors=True)
            if new:
                folder.rmdir()
        raise


def _measure(work: Work, folder: Path, skipped: list[Skipped]) -> None:
    whole = reduce(join, _shards(work, folder))
    skipped = skipped + whole.skipped
    if not whole.frames:
        shutil.rmtree(folder / "shards")
        first = f"{skipped[0].id}: {skipped[0].reason}"
        raise BadInput(f"no utterance of {len(work.cuts)} can be measured; the first: {first}")
    store_example(folder, work.encoder, [work.cuts[index] for index in sorted(whole.frames)])
    finish(folder, _dataset(work, whole), skipped)


def _shards(work: Work, folder: Path) -> Iterator[Measured]:
    with progress("measuring heads", sum(cut.duration for cut in work.cuts)) as advance:
        for number, group in enumerate(split(work.cuts, SHARD_SECONDS)):
            path = folder / "shards" / f"{number:06}.npz"
            if path.exists():
                advance(sum(cut.duration for _, cut in group))
            else:
                measured = measure(
                    work.encoder, group, work.statistics, work.labelling, strict=work.strict, advance=advance
                )
                write_shard(path, measured)
            yield read_shard(path)


def _dataset(work: Work, whole: Measured) -> xr.Dataset:
    final, plan = state.finalize(whole.state), work.plan
    synthetic = plan["corpus"]["path"] == str(embedded.speech().resolve())
    unlabelled = [statistic for statistic in work.statistics.values() if not statistic.labelled]
    dataset = assemble(
        final.rows,
        {one.name: (final.fold_sum[one.name], final.fold_count) for one in unlabelled if one.dims},
        pd.DataFrame([_utterance(work.cuts[index], whole.frames[index]) for index in final.index]).set_index("id"),
        unlabelled,
        frame_period=work.encoder.frame_period,
        about={"model": plan["model"]["name"], "corpus": plan["corpus"]["path"], "synthetic": int(synthetic)},
    )
    if work.labelling is None:
        return dataset
    between = relations(work.labelling, {index: work.cuts[index] for index in final.index}, whole.frames, final)
    return dataset.merge(between).assign_attrs(between.attrs)


def _utterance(cut: MonoCut, frames: int) -> dict[str, Any]:
    speaker = cut.supervisions[0].speaker if cut.supervisions else None
    return {"id": cut.id, "frames": frames, "duration": cut.duration, "speaker": speaker or ""}
