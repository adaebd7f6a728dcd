"""From audio to a report: every published experiment on models that are trained here."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from otoscope._io.atomic import make_folder
from otoscope.corpus import fingerprint
from otoscope.errors import InputError
from otoscope.models.load import device_of
from otoscope.papers.yang2020.corpora import corpora
from otoscope.papers.yang2020.dataset import results
from otoscope.papers.yang2020.models import described, models, recipes_of
from otoscope.papers.yang2020.outputs import Found
from otoscope.papers.yang2020.pipeline import Work, stages
from otoscope.papers.yang2020.report import write_report
from otoscope.papers.yang2020.scheduler import carry_out_abreast
from otoscope.papers.yang2020.workflow import Record, carry_out
from otoscope.results import Run, claim_folder, finish, open_run


@dataclass(frozen=True)
class Reproduction:
    """What was found, as a run of the kind `reproduction`, and the report to read."""

    run: Run
    report: Path


def reproduce(
    pretrain: Sequence[str | Path],
    phones: str | Path,
    speakers: str | Path | Sequence[str | Path],
    out: str | Path,
    *,
    size: str = "small",
    recipes: str | Path | None = None,
    alignments: str | Path | None = None,
    seeds: int = 3,
    device: str = "auto",
    jobs: int = 1,
    on_stage: Callable[[str], None] = lambda name: None,
) -> Reproduction:
    """Make every experiment of Yang, Liu & Lee 2020 on M3, M6 and M9, and compare with what they published.

    The same call goes on where an earlier one stopped. A model that `otoscope pretrain` trained by the same recipe,
    with its output in `out/models/m3` (m6, m9, m3-1, ...), is taken over. What the corpora do not allow is left out,
    and the report says so.

    Args:
        pretrain: corpora to train on.
        phones: corpus whose phones are known, for heads, boundaries, relations and probes.
        speakers: one or several corpora for probes of speakers (and of phones where they have them), on which
            pre-training is validated, too.
        out: folder of everything: `models`, `runs`, `results`, `report.html`.
        size: `small` for a CPU, `large` as published, for a GPU.
        recipes: a folder of m3.toml, m6.toml and m9.toml that takes the place of those of the size.
        alignments: folder of TextGrids of the speakers' corpora, where they do not lie beside the audio.
        seeds: how often M3 is trained, to know what differs by chance.
        device: as for `load`.
        jobs: how many stages are done at a time, each with its share of the threads; what a training gives depends in
            its last digits on how many those are.
        on_stage: is told the name of each stage as it begins.

    Raises:
        InputError: a corpus cannot be read, a recipe or the device cannot be used, `out` holds another reproduction or
            something else, another process is at work there, or there is less than one job.

    Examples:
        >>> reproduce(["no/such"], "bundled", "bundled", "here", size="huge")
        Traceback (most recent call last):
        otoscope.errors.InputError: expected a size of small or large, got 'huge'
    """
    if jobs < 1:
        raise InputError(f"expected at least 1 job, got {jobs}")
    folder = Path(out)
    _check_out(folder)
    device_of(device)
    asked = [speakers] if isinstance(speakers, str | Path) else speakers
    heard = corpora(
        [str(path) for path in pretrain], str(phones), [str(path) for path in asked], str(alignments or "") or None
    )
    trained = models(Path(recipes) if recipes else recipes_of(size), heard.pretrain, heard.held_out, seeds)
    plan = {
        "models": described(trained),
        "pretrain": [fingerprint(list(one.cuts)) for one in heard.pool],
        "probed": {one.role: fingerprint(list(one.cuts)) for one in heard.probed},
    }
    make_folder(folder)
    with _alone(folder):
        claim_folder(folder / "results", plan, resume=True)
        work = Work(trained, heard, folder, device)
        found = Found(work, _carried_out(work, jobs, on_stage))
        finish(folder / "results", results(found), [])
        run = open_run(folder / "results")
        return Reproduction(run, write_report(found, run.dataset.load()))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Raise InputError where another process is at work in the folder; the system frees it of one that was killed."""
    try:
        with FileLock(folder / ".lock", timeout=0):
            yield
    except Timeout:
        raise InputError(f"another otoscope reproduce is at work in {folder}; wait for it, or stop it") from None


def _check_out(folder: Path) -> None:
    """Raise InputError where something else lies in the folder than a reproduction, or models to take over."""
    entries = folder.iterdir() if folder.is_dir() else ()
    held = {entry.name for entry in entries if not entry.name.startswith(".")}
    if "results" not in held and (foreign := held - {"models"}):
        raise InputError(
            f"{folder} exists and is not a reproduction of otoscope (it holds {min(foreign)}); "
            "choose another folder, or remove it first"
        )


def _carried_out(work: Work, jobs: int, on_stage: Callable[[str], None]) -> dict[str, Record]:
    if jobs > 1:
        return carry_out_abreast(stages(work), work.folder / "stages", jobs, on_stage)
    records: dict[str, Record] = {}
    for stage in stages(work):
        on_stage(stage.name)
        records[stage.name] = carry_out(stage, work.folder / "stages", records)
    return records
