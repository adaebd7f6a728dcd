"""The boundaries of every method in every test utterance, as one long table: what figures and the viewer show."""

from collections.abc import Sequence

import numpy as np
import xarray as xr

from otoscope.results.schema import Variable, labelled
from otoscope.segmentation.boundaries import inner_boundaries, strict_matches
from otoscope.segmentation.score_sum import Boundaries
from otoscope.segmentation.transitions import PhoneSpan

VARIABLES = {
    "mark_utterance": Variable(("mark",), "1", "place of the utterance of a boundary, from 0"),
    "mark_method": Variable(("mark",), "1", "place of the method of a boundary, from 0"),
    "mark_time": Variable(("mark",), "s", "time of a boundary"),
    "mark_confidence": Variable(("mark",), "1", "depth of the minimum over the mean score; NaN: the method has none"),
    "mark_match": Variable(("mark",), "1", "number of the reference that it matches (strict), from 0; -1: false"),
}


def build_marks(
    boundaries_um: Sequence[Sequence[Boundaries]], units_u: Sequence[Sequence[PhoneSpan]], tolerance: float
) -> xr.Dataset:
    """Return the boundaries of each method in each utterance, and which reference each matches.

    Args:
        boundaries_um: boundaries of each utterance by each method.
        units_u: symbol, start and end of each unit of each utterance.
        tolerance: largest distance of a match in seconds.
    """
    references = [inner_boundaries((start, end) for _, start, end in units) for units in units_u]
    every = [
        (utterance, method, own, strict_matches(references[utterance], own.times, tolerance))
        for utterance, methods in enumerate(boundaries_um)
        for method, own in enumerate(methods)
    ]
    sizes = [len(own.times) for _, _, own, _ in every]
    values = {
        "mark_utterance": np.repeat([utterance for utterance, *_ in every], sizes),
        "mark_method": np.repeat([method for _, method, *_ in every], sizes),
        "mark_time": np.concatenate([own.times for _, _, own, _ in every]),
        "mark_confidence": np.concatenate([own.confidences for _, _, own, _ in every]),
        "mark_match": np.concatenate([matches for *_, matches in every]),
    }
    return xr.Dataset(labelled(VARIABLES, values))


def marks_of(dataset: xr.Dataset, utterance: int, method: str) -> xr.Dataset:
    """Return the boundaries of a method in an utterance, by its place."""
    place = dataset["segmenter"].values.tolist().index(method)
    is_own = (dataset["mark_utterance"].values == utterance) & (dataset["mark_method"].values == place)
    return dataset[list(VARIABLES)].isel(mark=np.flatnonzero(is_own))
