"""The files of shards: the result of each, which stored shards a run lacks, and the reasons of those that failed."""

import json
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from otoscope._io.atomic import atomic_write, make_folder
from otoscope._io.saved_work import write_json
from otoscope.analysis.shards import ShardResult
from otoscope.corpus import SkippedUtterance
from otoscope.errors import InputError
from otoscope.relations.label_totals import label_arrays, labels_from_arrays
from otoscope.results.status import failure_path, shard_path
from otoscope.statistics import accumulator

DIGEST_BYTES = 32  # of SHA-256


def encode_shard(measured: ShardResult) -> bytes:
    """Return the content of the file of a shard."""
    content = BytesIO()
    np.savez_compressed(content, allow_pickle=False, **shard_arrays(measured))
    return content.getvalue()


def shard_arrays(measured: ShardResult) -> dict[str, Any]:
    """Return the result of a shard as named arrays for `np.savez`; `decode_shard` reads them."""
    about = {
        "frames": {str(index): frames for index, frames in measured.frames.items()},
        "skipped": measured.skipped,
        "speakers": list(measured.labels.speakers),
    }
    digests = {
        "digest/index": np.array(list(measured.digests), np.int64),
        "digest/value": np.frombuffer(b"".join(measured.digests.values()), np.uint8),
        "digest/files": np.frombuffer(measured.files, np.uint8),
    }
    arrays = accumulator.to_arrays(measured.state) | label_arrays(measured.labels)
    waves = {f"wave/{index}": wave for index, wave in measured.waves.items()}
    return {"about": np.array(json.dumps(about)), **arrays, **digests, **waves}


def decode_shard(content: bytes | Path) -> ShardResult:
    """Return the result of a shard from its file, or from the content of its file."""
    with np.load(BytesIO(content) if isinstance(content, bytes) else content) as arrays:
        about = json.loads(str(arrays["about"]))
        state = accumulator.from_arrays({name: arrays[name] for name in arrays.files if name != "about"})
        labels = labels_from_arrays(arrays, about["speakers"])
        digests, waves = _digests(arrays), _waves(arrays)
    frames = {int(index): frames for index, frames in about["frames"].items()}
    skipped = [SkippedUtterance(*entry) for entry in about["skipped"]]
    return ShardResult(state, frames, skipped, labels, digests.cuts, digests.files, waves)


class ShardDigests(NamedTuple):
    """Digest of each cut with its audio by its index in the corpus, and a hash of sizes and dates."""

    cuts: dict[int, bytes]
    files: bytes


def read_digests(path: Path) -> ShardDigests:
    """Return what the file of a shard says of its audio; read no results."""
    with np.load(path) as arrays:
        return _digests(arrays)


def _digests(arrays: Mapping[str, NDArray[Any]]) -> ShardDigests:
    digests = [row.tobytes() for row in arrays["digest/value"].reshape(-1, DIGEST_BYTES)]
    of_cut = dict(zip(arrays["digest/index"].tolist(), digests, strict=True))
    return ShardDigests(of_cut, arrays["digest/files"].tobytes())


def _waves(arrays: Mapping[str, NDArray[Any]]) -> dict[int, NDArray[Any]]:
    return {int(name.removeprefix("wave/")): arrays[name] for name in arrays if name.startswith("wave/")}


def write_shard(folder: Path, number: int, content: bytes) -> None:
    """Write the file of a shard of a run, whole or not at all; other processes may write the same.

    Raises:
        InputError: the disk is full, or the folder cannot be written.
    """
    path = shard_path(folder, number)
    make_folder(path.parent)
    with atomic_write(path, needed=len(content), shared=True) as partial:
        partial.write_bytes(content)
    failure_path(path).unlink(missing_ok=True)


def write_failure(folder: Path, number: int, error: InputError) -> None:
    """Store the reason why a shard cannot be measured, for `otoscope status`."""
    write_json(failure_path(shard_path(folder, number)), {"reason": str(error)}, shared=True)
