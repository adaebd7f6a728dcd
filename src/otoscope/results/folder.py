"""The files of a run folder and the rules by which one is claimed, written and finished.

`run.json` the plan, and how much the finished run holds; `results.zarr` the Dataset; `states.npz` sums that merge with
those of other runs; `maps.zarr/<index>` attention maps on request; `skipped.json` the skipped utterances with reasons;
`shards/` partial results of an unfinished run.
"""

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import xarray as xr

from otoscope._io.atomic import atomic_write, is_empty, make_folder
from otoscope._io.saved_work import Plan, check_resume_requested, check_same_plan, select_keys, write_json
from otoscope.errors import InputError
from otoscope.results.integrity import directory_size
from otoscope.results.record import create_record, read_record, write_record
from otoscope.results.schema import FORMAT_VERSION, validate_dataset
from otoscope.results.zarr_store import write_variables

SKIPPED = ("id", "reason", "part")
"""Fields of an entry of `skipped.json`; the part is utterance, labels or file."""
HELD = ("results.zarr", "states.npz", "skipped.json")
"""Files and folders whose size is checked when a run is opened."""
OF_FINISH = ("fingerprint", "files")
"""What the finish adds to the part `corpus` of a plan: hashes of the audio, and of its sizes and dates."""
State = Literal["new", "unfinished", "finished"]
RESUME_TEXTS: Mapping[State, tuple[str, str]] = {
    "unfinished": ("an unfinished run", "continue it"),
    "finished": ("a finished run", "open it"),
}


def claim_folder(path: str | os.PathLike[str], plan: Plan, *, resume: bool = False) -> State:
    """Make a folder the folder of a run with this plan, or check that it is the folder of such a run already.

    Args:
        path: the run folder; made if it does not exist.
        plan: everything that decides the run's numbers (model, corpus, options, fingerprints, versions), as JSON.
        resume: whether the folder may hold a run of the same plan.

    Returns:
        `new`; with `resume` also `unfinished` (shards may be there) or `finished` (only open it).

    Raises:
        InputError: the folder holds something else, a run without `resume`, or a run of another plan; disk full.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     claim_folder(folder, {"model": "a"}), claim_folder(folder, {"model": "a"}, resume=True)
    ('new', 'unfinished')
    >>> with TemporaryDirectory() as folder:
    ...     _ = claim_folder(folder, {"model": "a"})
    ...     claim_folder(folder, {"model": "b"}, resume=True)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    otoscope.errors.InputError: ... was made by another plan: model is 'a' there, 'b' now; choose another folder
    """
    folder = Path(path)
    state = check_folder(folder, resume=resume)
    if state == "new":
        _start(folder, plan)
    else:
        check_same_plan(folder, _comparable(read_record(folder)["plan"], plan), plan)
    return state


def join_folder(path: str | os.PathLike[str], plan: Plan) -> tuple[State, Plan]:
    """Claim a folder that several processes, perhaps on several machines, share.

    Args:
        path: the run folder; made if it does not exist.
        plan: as for `claim_folder`; with the number of threads if it decides the numbers.

    Returns:
        The state, and the plan with the number of threads of the process that came first.

    Raises:
        InputError: the folder holds something else or a run of another plan; disk full.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     join_folder(folder, {"threads": 2}), join_folder(folder, {"threads": 4})
    (('new', {'threads': 2}), ('unfinished', {'threads': 2}))
    """
    folder = Path(path)
    state = check_folder(folder, resume=True)
    if state == "new":
        make_folder(folder)
        is_new = create_record(folder, {"format_version": FORMAT_VERSION, "finished": False, "plan": plan})
        state = "new" if is_new else check_folder(folder, resume=True)
    stored = read_record(folder)["plan"]
    plan = {**plan, "threads": stored["threads"]} if "threads" in stored else plan
    check_same_plan(folder, _comparable(stored, plan), plan)
    return state, plan


def _comparable(stored: Plan, plan: Plan) -> Plan:
    """Return a stored plan without the hashes of the audio, which the finish adds, unless the other has them."""
    corpus = stored.get("corpus", {})
    if not corpus.keys() & set(OF_FINISH) or "fingerprint" in plan.get("corpus", {}):
        return stored
    return {**stored, "corpus": {key: value for key, value in corpus.items() if key not in OF_FINISH}}


def check_folder(path: str | os.PathLike[str], settings: Plan | None = None, *, resume: bool = False) -> State:
    """Return the state of a folder that a run will claim; write nothing.

    Commands call it before they load a model, with the settings that the user typed.

    Args:
        path: the run folder.
        settings: a part of the plan; other settings are not compared. None compares nothing.
        resume: whether the folder may hold a run.

    Raises:
        InputError: as `claim_folder`.

    Examples:
        >>> check_folder("no/such/folder", {"model": "a"})
        'new'
    """
    folder = Path(path)
    if not folder.exists() or (folder.is_dir() and is_empty(folder)):
        return "new"
    if not (folder / "run.json").is_file():
        raise InputError(f"{folder} exists and is not a run of otoscope; choose another folder, or remove it first")
    record = read_record(folder)
    state: State = "finished" if record["finished"] else "unfinished"
    check_resume_requested(folder, *RESUME_TEXTS[state], resume=resume)
    check_same_plan(folder, select_keys(record["plan"], settings or {}), settings or {})
    return state


def finish(
    path: str | os.PathLike[str], dataset: xr.Dataset, skipped: Iterable[Sequence[str]], *, shared: bool = False
) -> None:
    """Write the results of a claimed run, mark it finished and remove its shards.

    Args:
        path: the run folder, claimed before.
        dataset: what `assemble` made.
        skipped: (id, reason, part) of what was skipped; the part is "utterance" if missing. An id may occur twice.
        shared: whether other processes may finish the same run at the same time.

    Raises:
        InputError: the disk is full; the run stays unfinished and can be resumed.
    """
    folder = Path(path)
    validate_dataset(dataset)
    with atomic_write(folder / "results.zarr", needed=dataset.nbytes, shared=shared) as partial:
        write_variables(dataset, partial)
    entries = [dict(zip(SKIPPED, (*item, "utterance"), strict=False)) for item in skipped]
    write_json(folder / "skipped.json", entries, shared=shared)
    holds = {name: directory_size(folder / name) for name in HELD if (folder / name).exists()}
    write_record(folder, {**read_record(folder), "finished": True, "holds": holds}, shared=shared)
    shutil.rmtree(folder / "shards", ignore_errors=True)


def _start(folder: Path, plan: Plan) -> None:
    """Write the record of a new run; on a failure, restore the folder."""
    is_new = not folder.exists()
    make_folder(folder)
    try:
        write_record(folder, {"format_version": FORMAT_VERSION, "finished": False, "plan": plan})
    except BaseException:
        (folder / "run.json").unlink(missing_ok=True)
        if is_new:
            folder.rmdir()
        raise
