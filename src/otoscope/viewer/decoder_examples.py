"""The examples of a decoder run as the page receives them: audio and words of one, and one map at a time."""

import numpy as np
import xarray as xr

from otoscope.analysis.stored_examples import select_example
from otoscope.segmentation.spectral import log_mel
from otoscope.typing import AnyFloats
from otoscope.viewer.errors import NotFoundError

MAPS = ("example_cross", "example_own")
SAMPLING_RATE, BANDS = 16000, 40
ARRAYS = ("is_text", "column_start", "example_wave", "word_start", "word_end")


def example_arrays(dataset: xr.Dataset, number: int) -> tuple[dict[str, AnyFloats], dict[str, list[str]]]:
    """Return audio, spectrogram, times and words of an example, and the texts of its rows and words.

    Raises:
        NotFoundError: the run has no such example.
    """
    example = _example(dataset, number)
    arrays = {name: example[name].values.astype(np.float32) for name in ARRAYS}
    arrays["spectrogram"] = _spectrogram(arrays["example_wave"])
    return arrays, {name: [str(text) for text in example[name].values] for name in ("row", "word")}


def example_map(dataset: xr.Dataset, number: int, name: str, head: tuple[int, int]) -> AnyFloats:
    """Return the map of a layer and head of an example.

    Raises:
        NotFoundError: the run has no such map.
    """
    maps = _example(dataset, number).get(name)
    if name not in MAPS or maps is None or any(place >= size for place, size in zip(head, maps.shape, strict=False)):
        raise NotFoundError(number, name, *head)
    return np.asarray(maps[head].values, np.float32)


def example_resources(dataset: xr.Dataset, most_bytes: int) -> list[tuple[object, ...]]:
    """Return what an exported page holds: examples `(number,)`, and maps `(number, name, layer, head)`.

    These are the maps of all heads, or of the sharpest ones if all would take more than `most_bytes`.
    """
    if "example" not in dataset.dims:
        return []
    numbers = range(dataset.sizes["example"])
    is_small = 4 * sum(dataset[name].size for name in MAPS) <= most_bytes
    every = list(np.ndindex(dataset.sizes["decoder_layer"], dataset.sizes["decoder_head"]))
    heads = every if is_small else [tuple(head) for head in dataset.attrs["example_heads"]]
    maps = [(number, name, *head) for number in numbers for name in MAPS for head in heads]
    return [*((number,) for number in numbers), *maps]


def _spectrogram(wave: AnyFloats) -> AnyFloats:
    """Return the log energies `[frames, bands]` of a wave every 10 ms, from 0 for the lowest to 1 for the highest."""
    bands = log_mel(wave, SAMPLING_RATE, bands=BANDS)
    return ((bands - bands.min()) / max(float(np.ptp(bands)), 1e-9)).astype(np.float32)


def _example(dataset: xr.Dataset, number: int) -> xr.Dataset:
    if number >= dataset.sizes.get("example", 0):
        raise NotFoundError(number)
    return select_example(dataset, number)
