"""The files of a run folder and the rules by which one is claimed, written and finished.

`run.json` the plan, and how much the finished run holds; `results.zarr` the Dataset; `maps.zarr/<index>` attention maps
on request; `skipped.json` the skipped utterances with reasons; `shards/` partial results of an unfinished run.
"""

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import xarray as xr
import zarr

from otoscope._io.atomic import atomic_write, is_empty, make_folder
from otoscope._io.saved_work import Plan, check_resume_requested, check_same_plan, write_json
from otoscope.errors import InputError
from otoscope.maps.pooling import block_means, num_blocks
from otoscope.results.integrity import directory_size
from otoscope.results.record import read_record, write_record
from otoscope.results.schema import FORMAT_VERSION, validate_dataset

Labels = Sequence[tuple[str, float, float]]
State = Literal["new", "unfinished", "finished"]
SIZES = "holds"  # of a map: how much each of its arrays holds
RESUME_TEXTS: Mapping[State, tuple[str, str]] = {
    "unfinished": ("an unfinished run", "continue it"),
    "finished": ("a finished run", "open it"),
}
OVERVIEW = 96  # blocks of frames along each side of an overview, at most


def claim_folder(path: str | os.PathLike[str], plan: Plan, *, resume: bool = False) -> State:
    """Make `path` the folder of the run that `plan` describes, or find it to be that run already.

    Args:
        path: the run folder; made where it does not exist.
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
    if not folder.exists() or (folder.is_dir() and is_empty(folder)):
        _start(folder, plan)
        return "new"
    if not (folder / "run.json").is_file():
        raise InputError(f"{folder} exists and is not a run of otoscope; choose another folder, or remove it first")
    record = read_record(folder)
    state: State = "finished" if record["finished"] else "unfinished"
    check_resume_requested(folder, *RESUME_TEXTS[state], resume=resume)
    check_same_plan(folder, record["plan"], plan)
    return state


def finish(path: str | os.PathLike[str], dataset: xr.Dataset, skipped: Iterable[tuple[str, str]]) -> None:
    """Write the results of a claimed run, mark it finished and remove its shards.

    Args:
        path: the run folder, claimed before.
        dataset: what `assemble` made.
        skipped: (id, reason) of every skipped utterance; an id may occur twice.

    Raises:
        InputError: the disk is full; the run stays unfinished and can be resumed. For an example see `heads_table`.
    """
    folder = Path(path)
    validate_dataset(dataset)
    with atomic_write(folder / "results.zarr", needed=dataset.nbytes) as partial:
        dataset.to_zarr(partial, mode="w-", zarr_format=3, consolidated=False)
    write_json(folder / "skipped.json", [{"id": id, "reason": reason} for id, reason in skipped])
    holds = {name: directory_size(folder / name) for name in ("results.zarr", "skipped.json")}
    write_record(folder, {**read_record(folder), "finished": True, "holds": holds})
    shutil.rmtree(folder / "shards", ignore_errors=True)


def write_map(
    path: str | os.PathLike[str],
    index: int,
    layers: Iterable[npt.NDArray[np.floating]],
    *,
    n_heads: Sequence[int],
    frames: int,
    utterance: str,
    audio: str,
    frame_period: float,
    phones: Labels = (),
    words: Labels = (),
    **more: float,
) -> None:
    """Store one utterance's attention as `maps.zarr/<index>`, layer by layer.

    Args:
        path: the run folder, claimed before.
        index: place of the utterance in the corpus.
        layers: for each layer its maps [head, query, key]; one layer is held at a time.
        n_heads: number of heads in each layer.
        frames: number of queries (and keys).
        utterance: id in the corpus.
        audio: path or address of its audio.
        frame_period: seconds between two frames.
        phones, words: (symbol, start, end) in seconds, if known.
        more: further attributes: `first_centre` (seconds at which the first frame is centred), `audio_start` (seconds
            in the audio at which the utterance begins), `audio_channel`, `on_request` (it is not the run's example).

    The map also stores an `overview` of each head: means over blocks of frames, at the size of an atlas.

    Raises:
        InputError: the disk is full; no part of the map stays.

    >>> from tempfile import TemporaryDirectory
    >>> grid = {"n_heads": [2], "frames": 4, "frame_period": 0.02}
    >>> with TemporaryDirectory() as folder:
    ...     _ = claim_folder(folder, {"model": "a"})
    ...     write_map(folder, 0, [np.full((2, 4, 4), 0.25)], **grid, utterance="u", audio="u.wav")
    ...     xr.open_zarr(f"{folder}/maps.zarr/0", chunks=None, consolidated=False).attention.shape
    (1, 2, 4, 4)
    """
    store = Path(path) / "maps.zarr"
    shape = (len(n_heads), max(n_heads), frames, frames)
    if not (store / "zarr.json").is_file():
        with atomic_write(store) as partial:
            zarr.create_group(partial, zarr_format=3)
    with atomic_write(store / str(index), needed=2 * int(np.prod(shape))) as partial:
        attrs = {"utterance": utterance, "audio": audio, "frame_period": frame_period, **more}
        _label_table(phones, words).assign_attrs(attrs).to_zarr(partial, mode="w-", zarr_format=3, consolidated=False)
        group = zarr.open_group(partial, mode="r+")
        _write_attention(group, layers, shape)
        group.attrs[SIZES] = {array: directory_size(partial / array) for array in sorted(group.array_keys())}


def _start(folder: Path, plan: Plan) -> None:
    made = not folder.exists()
    make_folder(folder)
    try:
        write_record(folder, {"format_version": FORMAT_VERSION, "finished": False, "plan": plan})
    except BaseException:
        (folder / "run.json").unlink(missing_ok=True)
        if made:
            folder.rmdir()
        raise


def _write_attention(group: zarr.Group, layers: Iterable[npt.NDArray[np.floating]], shape: tuple[int, ...]) -> None:
    blocks = num_blocks(shape[2], OVERVIEW)
    whole = _create(group, "attention", shape, ("query", "key"), "attention weight, rounded to half precision")
    small_shape, small_axes = (*shape[:2], blocks, blocks), ("query_block", "key_block")
    small = _create(group, "overview", small_shape, small_axes, "mean attention weight over blocks of frames")
    for layer, attn_hqk in enumerate(layers):
        for head, attn_qk in enumerate(attn_hqk):
            whole[layer, head] = attn_qk.astype(np.float16)
            small[layer, head] = block_means(attn_qk, OVERVIEW).astype(np.float16)


def _create(group: zarr.Group, name: str, shape: tuple[int, ...], axes: tuple[str, str], doc: str) -> zarr.Array[Any]:
    array = group.create_array(
        name,
        shape=shape,
        chunks=(1, 1, *shape[2:]),
        dtype="float16",
        fill_value=np.nan,
        dimension_names=["layer", "head", *axes],
    )
    array.attrs.update({"units": "1", "description": doc})
    return array


def _label_table(phones: Labels, words: Labels) -> xr.Dataset:
    return xr.Dataset(_label_columns("phone", phones) | _label_columns("word", words))


def _label_columns(tier: str, labels: Labels) -> dict[str, tuple[str, npt.NDArray[Any], dict[str, str]]]:
    symbols, starts, ends = zip(*labels, strict=True) if labels else ((), (), ())
    columns = {
        f"{tier}_symbol": (np.array(symbols, dtype=object), "1", f"symbol on the {tier} tier"),
        f"{tier}_start": (np.array(starts, dtype=float), "s", f"begin of the {tier}"),
        f"{tier}_end": (np.array(ends, dtype=float), "s", f"end of the {tier}"),
    }
    return {
        name: (tier, values, {"units": units, "description": doc}) for name, (values, units, doc) in columns.items()
    }
