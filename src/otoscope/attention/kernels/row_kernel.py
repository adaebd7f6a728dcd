"""Call the programs of `row_programs.py` for one utterance: heads are divided over threads.

Each head is computed by one thread, with products of one thread, so the number of threads changes no bit.

Axes: h head, t frame, k key, d feature, y phone, z run.
"""

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import cache, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
from filelock import FileLock
from threadpoolctl import ThreadpoolController
from torch import Tensor

from otoscope.attention.inputs import AttentionInputs
from otoscope.attention.labels import Labels
from otoscope.attention.reductions import LABEL_REDUCERS, TILE_REDUCERS, Reductions
from otoscope.attention.torch_private import is_fake

SMALL_MAPS = 1 << 18  # weights of all heads that one thread computes faster than it wakes others
MAX_SCORE = 1e29  # without a bias; the score of a forbidden key is -1e30
DTYPES = (torch.float32, torch.float16, torch.bfloat16)


def supports_inputs(inputs: AttentionInputs) -> bool:
    """Return whether the programs compute this call: float32 or less, no weights cut after the softmax, all finite."""
    states = (inputs.query_hqd, inputs.key_hkd, inputs.value_hkd)
    H, T, _ = inputs.query_hqd.shape
    return (
        not any(is_fake(tensor) for tensor in states)
        and all(tensor.dtype in DTYPES and tensor.device.type == "cpu" for tensor in states)
        and (inputs.bias_hqk is None or inputs.bias_hqk.dtype == torch.float32)
        and inputs.span.output_radius >= T > 0
        and H > 0
        and _is_bounded(inputs)
    )


def _is_bounded(inputs: AttentionInputs) -> bool:
    """Return whether no score can be infinite or NaN: the programs count on that. A NaN compares as too large."""
    states = (inputs.query_hqd, inputs.key_hkd)  # without features where all scores are in the bias
    query, key = (float(tensor.abs().amax()) if tensor.numel() else 0.0 for tensor in states)
    largest = query * key * inputs.query_hqd.shape[-1] * abs(inputs.scaling)
    return largest < MAX_SCORE and (inputs.bias_hqk is None or bool(inputs.bias_hqk.amax() < MAX_SCORE))


def attend_in_rows(inputs: AttentionInputs, needs: frozenset[str], context_qhd: Tensor) -> Reductions:
    """Compute one utterance row by row: write the context, return the reductions."""
    H, T, _ = inputs.query_hqd.shape
    query_hqd, key_hkd, value_hkd = (
        tensor.float().contiguous().numpy()
        for tensor in (inputs.query_hqd * inputs.scaling, inputs.key_hkd, inputs.value_hkd)
    )
    context_hqd = np.empty((H, T, value_hkd.shape[2]), np.float32)
    bias_hqk = np.empty((0, 0, 1), np.float32) if inputs.bias_hqk is None else inputs.bias_hqk.numpy()
    has_labels, has_runs = (inputs.labels is not None and name in needs for name in LABEL_REDUCERS)
    labels = _label_arrays(inputs.labels if has_labels or has_runs else None)
    count = 0 if inputs.labels is None else inputs.labels.count
    by_frame, by_offset = np.zeros((3, H, T), np.float32), np.zeros((2, H, 2 * T - 1), np.float32)
    mass_hyy, own_hy = np.zeros((H, count * has_labels, count)), np.zeros((H, count), np.float32)
    masked_h = np.zeros(H, np.int64)
    arguments = (
        (query_hqd, key_hkd, value_hkd, context_hqd),
        bias_hqk,
        (has_labels, has_runs, *labels),
        ((*by_frame, *by_offset), mass_hyy, own_hy, masked_h),
    )
    _over_heads(arguments, H, H * T * T, min(inputs.span.softmax_radius, T))
    context_qhd[:T] = torch.from_numpy(context_hqd).transpose(0, 1)
    context_qhd[T:] = 0
    sums = zip((*TILE_REDUCERS, *LABEL_REDUCERS), (*by_frame, *by_offset, mass_hyy, own_hy), strict=True)
    requested = {name: torch.from_numpy(total) for name, total in sums if name in needs}
    return Reductions(T, torch.from_numpy(T - masked_h).clamp(min=1), labels=inputs.labels, **requested)


class _LabelArrays(NamedTuple):
    """The labels of an utterance, as `attend_heads` reads them."""

    places: tuple[Any, ...]
    shares: tuple[Any, ...]
    run_z: Any


@lru_cache(maxsize=64)  # all layers read the labels of the utterances of a batch
def _label_arrays(labels: Labels | None) -> _LabelArrays:
    if labels is None:
        no_places, no_shares = np.empty(0, np.int64), np.empty(0, np.float32)
        return _LabelArrays((no_places,) * 4, (no_shares,) * 3, np.empty((0, 4), np.int64))
    begin_phones, phones, phone_shares = _entries_by_frame(labels.phone_tr)
    begin_runs, runs, run_shares = _entries_by_frame(labels.run_tr)
    run_tr = labels.run_tr.cpu().numpy()
    shares = [(run_tr[frames] == run).mean(1) for run, frames in enumerate(labels.frames_z)]
    starts, stops = ([getattr(frames, end) for frames in labels.frames_z] for end in ("start", "stop"))
    run_z = np.stack([starts, stops, labels.phone_z.cpu().numpy(), np.cumsum([0, *map(len, shares)])[:-1]], axis=-1)
    return _LabelArrays(
        (begin_phones, phones, begin_runs, runs),
        (phone_shares, run_shares, np.concatenate([np.empty(0), *shares]).astype(np.float32)),
        np.ascontiguousarray(run_z, np.int64),
    )


def _entries_by_frame(id_tr: Tensor) -> tuple[Any, Any, Any]:
    """Return where each frame's entries begin, `[T + 1]`, and the id and the share of each entry."""
    ids = id_tr.cpu().numpy()
    T, R = ids.shape
    pairs, counts = np.unique(
        np.stack([np.repeat(np.arange(T), R), ids.ravel()])[:, ids.ravel() >= 0], axis=1, return_counts=True
    )
    starts = np.searchsorted(pairs[0], np.arange(T + 1))
    return starts.astype(np.int64), pairs[1].astype(np.int64), (counts / R).astype(np.float32)


def _over_heads(arguments: tuple[Any, ...], heads: int, weights: int, radius: int) -> None:
    """Run the program over all heads, a part of them in each thread."""
    program = _compiled()
    threads = min(torch.get_num_threads(), heads) if weights > SMALL_MAPS else 1
    bounds = np.linspace(0, heads, threads + 1).astype(int).tolist()
    limits = [(first, last, radius) for first, last in pairwise(bounds)]
    with _blas().limit(limits=1):
        if threads == 1:
            program(limits[0], *arguments)
        else:
            list(_pool(threads).map(lambda part: program(part, *arguments), limits))


def load_kernel() -> None:
    """Load the program from numba's cache, so that the first attention does not wait for it; compile nothing.

    Raises:
        ImportError: numba is not installed.
    """
    from otoscope.attention.kernels.row_programs import attend_heads

    if _is_cached(attend_heads.stats.cache_path):
        _compiled()


@cache
def _compiled() -> Callable[..., None]:
    """Return the program for this processor: from numba's cache, or compiled now, which is announced on a terminal."""
    from otoscope.attention.kernels.row_programs import SIGNATURE, attend_heads

    folder = attend_heads.stats.cache_path
    if sys.stderr.isatty() and not _is_cached(folder):
        print("otoscope: compiling the attention kernel for this processor, once", file=sys.stderr)
    with _alone(folder):
        attend_heads.compile(SIGNATURE)
    return cast(Callable[..., None], attend_heads)


def _is_cached(folder: str | None) -> bool:
    return bool(folder) and any(Path(str(folder)).glob("row_programs.*.nbi"))


@contextmanager
def _alone(folder: str | None) -> Iterator[None]:
    """Compile in one process at a time: the next one finds the program in numba's cache, the folder."""
    lock = FileLock(Path(folder or ".") / "row_programs.lock")
    if folder:
        with suppress(OSError):  # a file system without locks: each process compiles for itself
            lock.acquire()
    try:
        yield
    finally:
        lock.release()


@cache
def _blas() -> Any:
    return ThreadpoolController().select(user_api="blas")


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="otoscope-attention")


os.register_at_fork(after_in_child=_pool.cache_clear)  # a forked process has none of the threads
