"""From audio to a report: every published experiment, on models that are trained here."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from otoscope._io.atomic import make_folder
from otoscope._io.lock import LockedError, exclusive
from otoscope.corpus import fingerprint
from otoscope.errors import InputError, UnfinishedError
from otoscope.models.load import device_of
from otoscope.papers.scheduler import run_stages_parallel
from otoscope.papers.shared_stages import run_stages_of_share
from otoscope.papers.stage import COMMAND, StageRecord, load_record, run_stage
from otoscope.papers.yang2020.corpora import Corpora, make_corpora
from otoscope.papers.yang2020.dataset import reproduction_dataset
from otoscope.papers.yang2020.models import ModelSpec, make_models, model_configs, recipe_folder
from otoscope.papers.yang2020.options import ReproductionOptions
from otoscope.papers.yang2020.outputs import StageOutputs
from otoscope.papers.yang2020.report.report import REPORT, write_report
from otoscope.papers.yang2020.stages import ReproductionJob, make_stages
from otoscope.results import Run, claim_folder, finish, join_folder, open_run
from otoscope.runs.executors.choice import uses_processes
from otoscope.runs.executors.share import Share, find_share
from otoscope.runs.selection import make_selection


@dataclass(frozen=True)
class Reproduction:
    """The results of a reproduction.

    Attributes:
        run: the run of the kind `reproduction`.
        report: path of the report.
    """

    run: Run
    report: Path


def reproduce(
    pretrain: Sequence[str | Path],
    phones: str | Path,
    speakers: str | Path | Sequence[str | Path],
    out: str | Path,
    options: ReproductionOptions | None = None,
    *,
    on_stage: Callable[[str], None] = lambda name: None,
) -> Reproduction:
    """Run every experiment of Yang, Liu & Lee 2020 on M3, M6 and M9, and compare the results with the paper.

    The same call resumes a reproduction that was stopped. A model that `otoscope pretrain` trained by the same recipe,
    with its output in `out/models/m3` (m6, m9, m3-1, ...), is used as it is. Experiments that the corpora do not allow
    are skipped, and the report states the reason.

    The tasks of an array share the stages (`shard`, or the variables of SLURM). The task that finds all of them done
    writes the results. Repeat the array until there is a report.

    Args:
        pretrain: paths of the corpora to train on.
        phones: path of the corpus with phones, for heads, boundaries, relations and probes.
        speakers: paths of one or several corpora with speakers, for probes and for the validation of pre-training.
        out: folder of all results: `models`, `runs`, `results`, `report.html`.
        options: size of the models, seeds, device, jobs; the defaults if None.
        on_stage: receives the name of each stage when it starts.

    Returns:
        The run with all results, and the path of the report.

    Raises:
        UnfinishedError: this task of an array has done its share, and shares of other tasks are missing.
        InputError: a corpus cannot be read, a recipe or the device cannot be used, `out` contains another reproduction
            or other files, another process uses `out`, `jobs` is less than one, or the share is none.

    Examples:
        >>> reproduce(["no/such"], "bundled", "bundled", "here", ReproductionOptions(size="huge"))
        Traceback (most recent call last):
        otoscope.errors.InputError: expected a size of small or large, got 'huge'
    """
    options = options or ReproductionOptions()
    folder = Path(out)
    _check_options(options)
    _check_out(folder)
    paths = [speakers] if isinstance(speakers, str | Path) else speakers
    labels = str(options.alignments or "") or None
    pool, voices = ([str(path) for path in part] for part in (pretrain, paths))
    corpora = make_corpora(pool, str(phones), voices, labels, make_selection(options.selection))
    recipes = Path(options.recipes) if options.recipes else recipe_folder(options.size)
    models = make_models(recipes, corpora.pretrain, corpora.held_out, options.seeds)
    config = _config(models, corpora)
    make_folder(folder)
    job = ReproductionJob(models, corpora, folder, options.device, options.execution)
    if share := find_share(options.shard, os.environ):
        return _reproduce_share(job, config, share, on_stage)
    with exclusive(folder, COMMAND):
        claim_folder(folder / "results", config, resume=True)
        return _write_results(job, _run_stages(job, options.jobs, on_stage), shared=False)


def _reproduce_share(
    job: ReproductionJob, config: Mapping[str, Any], share: Share, on_stage: Callable[[str], None]
) -> Reproduction:
    """Do the share of a task of an array, and write the results if all stages are done."""
    state, _ = join_folder(job.folder / "results", config)
    stages, folder, report = make_stages(job), job.folder / "stages", job.folder / REPORT
    if state == "finished" and report.is_file() and all(load_record(stage, folder) for stage in stages):
        return Reproduction(open_run(job.folder / "results"), report)
    records = run_stages_of_share(stages, folder, share, on_stage)
    try:
        with exclusive(job.folder, COMMAND):
            return _write_results(job, records, shared=state != "finished")
    except LockedError:
        raise UnfinishedError(f"another process finishes {job.folder}") from None


def _write_results(job: ReproductionJob, records: Mapping[str, StageRecord], *, shared: bool) -> Reproduction:
    """Write the run and the report; `shared` if other tasks may write the same, where the disk has no locks."""
    outputs = StageOutputs(job, records)
    finish(job.folder / "results", reproduction_dataset(outputs), [], shared=shared)
    run = open_run(job.folder / "results")
    return Reproduction(run, write_report(outputs, run.dataset.load()))


def _config(models: Sequence[ModelSpec], corpora: Corpora) -> Mapping[str, Any]:
    """Return the configuration that decides the results; a folder of another one is not resumed."""
    return {
        "models": model_configs(models),
        "pretrain": [fingerprint(list(corpus.cuts)) for corpus in corpora.pool],
        "evaluation": {corpus.role: fingerprint(list(corpus.cuts)) for corpus in corpora.evaluation},
    }


def _check_options(options: ReproductionOptions) -> None:
    if options.jobs < 1:
        raise InputError(f"expected at least 1 job, got {options.jobs}")
    if options.jobs > 1 and uses_processes(options.execution):
        raise InputError("expected --jobs of 1 with --workers or --ray, found more; omit one of them")
    if find_share(options.shard, os.environ) and options.jobs > 1:
        raise InputError(
            f"expected --jobs of 1 in a task of an array, found {options.jobs}; omit --jobs, or pass --shard all for a "
            "reproduction of its own"
        )
    device_of(options.device)


def _check_out(folder: Path) -> None:
    """Check that the folder contains a reproduction, trained models or nothing."""
    entries = folder.iterdir() if folder.is_dir() else ()
    names = {entry.name for entry in entries if not entry.name.startswith(".")}
    if "results" not in names and (foreign := names - {"models"}):
        raise InputError(
            f"expected a new folder or a reproduction of otoscope in {folder}, found {min(foreign)}; "
            "choose another --out, or remove the folder first"
        )


def _run_stages(job: ReproductionJob, jobs: int, on_stage: Callable[[str], None]) -> dict[str, StageRecord]:
    stages, folder = make_stages(job), job.folder / "stages"
    if jobs > 1:
        return run_stages_parallel(stages, folder, jobs, on_stage, preload=["otoscope.papers.yang2020.stages"])
    records: dict[str, StageRecord] = {}
    for stage in stages:
        on_stage(stage.name)
        records[stage.name] = run_stage(stage, folder, records)
    return records
