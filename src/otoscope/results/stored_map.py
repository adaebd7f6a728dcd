"""The attention map of one utterance in a run folder: `maps.zarr/INDEX`, with its labels and an overview."""

import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from otoscope._io.atomic import atomic_write
from otoscope.maps.pooling import block_means, num_blocks
from otoscope.results.integrity import directory_size
from otoscope.results.zarr_store import CHUNK_KEYS, write_variables
from otoscope.typing import AnyFloats

if TYPE_CHECKING:
    import zarr  # otherwise late, since it loads slowly

Labels = Sequence[tuple[str, float, float]]
SIZES = "holds"  # attribute of a map: the size of each of its arrays
OVERVIEW = 96  # blocks of frames along each side of an overview, at most


@dataclass(frozen=True, kw_only=True)
class MapDescription:
    """The description of an attention map that a run stores.

    Attributes:
        n_heads: number of heads in each layer.
        frames: number of queries, and of keys.
        utterance: id of the utterance in the corpus.
        audio: path or address of its audio.
        frame_period: seconds between two frames.
        phones, words: (symbol, start, end) in seconds; empty without labels.
        first_centre: seconds at which the first frame is centred.
        audio_start: seconds in the audio at which the utterance begins.
        audio_channel: index of its channel in the audio.
        on_request: whether the user asked for the map; otherwise it is the example of the run.
    """

    n_heads: Sequence[int]
    frames: int
    utterance: str
    audio: str
    frame_period: float
    phones: Labels = ()
    words: Labels = ()
    first_centre: float | None = None
    audio_start: float | None = None
    audio_channel: int | None = None
    on_request: bool | None = None

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Return the shape `[layer, head, query, key]`."""
        return len(self.n_heads), max(self.n_heads), self.frames, self.frames

    @property
    def attrs(self) -> dict[str, Any]:
        """Return the attributes that the map stores: all fields but sizes and labels, without those that are None."""
        names = [field.name for field in fields(self) if field.name not in ("n_heads", "frames", "phones", "words")]
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}


def write_map(
    path: str | os.PathLike[str], index: int, layers: Iterable[AnyFloats], description: MapDescription
) -> None:
    """Store the attention of one utterance as `maps.zarr/INDEX`, layer by layer.

    The map also stores an `overview` of each head: means over blocks of frames, at the size of an atlas.

    Args:
        path: the run folder, claimed before.
        index: place of the utterance in the corpus.
        layers: maps `[head, query, key]` of each layer; one layer is in memory at a time.
        description: the utterance, its grid and its labels.

    Raises:
        InputError: the disk is full; no part of the map stays.

    >>> from tempfile import TemporaryDirectory
    >>> from otoscope.results import claim_folder
    >>> description = MapDescription(n_heads=[2], frames=4, utterance="u", audio="u.wav", frame_period=0.02)
    >>> with TemporaryDirectory() as folder:
    ...     _ = claim_folder(folder, {"model": "a"})
    ...     write_map(folder, 0, [np.full((2, 4, 4), 0.25)], description)
    ...     xr.open_zarr(f"{folder}/maps.zarr/0", chunks=None, consolidated=False).attention.shape
    (1, 2, 4, 4)
    """
    import zarr

    from otoscope.results.zarr_files import zarr_files

    store = _map_store(Path(path))
    labels = xr.Dataset(
        dict(_label_columns("phone", description.phones)) | dict(_label_columns("word", description.words))
    )
    with atomic_write(store / str(index), needed=2 * int(np.prod(description.shape))) as partial:
        write_variables(labels.assign_attrs(description.attrs), partial)
        group = zarr.open_group(zarr_files(partial), mode="r+")
        _write_attention(group, layers, description.shape)
        group.attrs[SIZES] = {array: directory_size(partial / array) for array in sorted(group.array_keys())}


def copy_map(source: Path, path: str | os.PathLike[str], index: int) -> None:
    """Copy the maps of one utterance, the folder `source` of another run, to `maps.zarr/INDEX` of a run."""
    with atomic_write(_map_store(Path(path)) / str(index)) as partial:
        shutil.copytree(source, partial)


def _map_store(path: Path) -> Path:
    """Return the folder of the maps of a run; make it if there is none."""
    import zarr

    from otoscope.results.zarr_files import zarr_files

    store = path / "maps.zarr"
    if not (store / "zarr.json").is_file():
        with atomic_write(store) as partial:
            zarr.create_group(zarr_files(partial), zarr_format=3)
    return store


def _write_attention(group: "zarr.Group", layers: Iterable[AnyFloats], shape: tuple[int, ...]) -> None:
    """Write each head in half precision, and its means over blocks of frames."""
    blocks = num_blocks(shape[2], OVERVIEW)
    whole = _create(group, "attention", shape, ("query", "key"), "attention weight, rounded to half precision")
    small_shape, small_axes = (*shape[:2], blocks, blocks), ("query_block", "key_block")
    small = _create(group, "overview", small_shape, small_axes, "mean attention weight over blocks of frames")
    for layer, attn_hqk in enumerate(layers):
        for head, attn_qk in enumerate(attn_hqk):
            whole[layer, head] = attn_qk.astype(np.float16)
            small[layer, head] = block_means(attn_qk, OVERVIEW).astype(np.float16)


def _create(
    group: "zarr.Group", name: str, shape: tuple[int, ...], axes: tuple[str, str], doc: str
) -> "zarr.Array[Any]":
    array = group.create_array(
        name,
        shape=shape,
        chunks=(1, 1, *shape[2:]),
        chunk_key_encoding=CHUNK_KEYS,
        dtype="float16",
        fill_value=np.nan,
        dimension_names=["layer", "head", *axes],
    )
    array.attrs.update({"units": "1", "description": doc})
    return array


def _label_columns(tier: str, labels: Labels) -> Iterator[tuple[str, xr.Variable]]:
    """Yield the variables of one tier by name: symbols, starts and ends."""
    symbols, starts, ends = zip(*labels, strict=True) if labels else ((), (), ())
    columns = (
        ("symbol", np.array(symbols, dtype=object), "1", f"symbol on the {tier} tier"),
        ("start", np.array(starts, dtype=float), "s", f"begin of the {tier}"),
        ("end", np.array(ends, dtype=float), "s", f"end of the {tier}"),
    )
    for name, values, units, doc in columns:
        yield f"{tier}_{name}", xr.Variable((tier,), values, {"units": units, "description": doc})
