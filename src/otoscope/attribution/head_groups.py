"""Groups of heads: the categories, the shapes that the model has, and all heads.

Axes: g group, l layer, h head.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr

from otoscope.analysis.shards import ShardOptions, measure
from otoscope.importance.head_grid import Head
from otoscope.models.encoder import Encoder
from otoscope.results.categories import CATEGORIES, RANKED, categorise
from otoscope.results.schema import HEAD_DIMS
from otoscope.results.shapes import SHAPES, head_shapes, shape_evidence
from otoscope.runs.progress import progress
from otoscope.runs.speech_source import LoadedSpeech
from otoscope.statistics import accumulator, available_statistics
from otoscope.typing import Array, Bools

SHAPE_STATISTICS = ("offset_divergence", "offset_profile")


@dataclass(frozen=True, eq=False)
class HeadGroups:
    """The category and the shape of each head, `[l, h]`; empty for a head that its layer lacks."""

    category: Array
    shape: Array

    @property
    def members(self) -> dict[str, Bools]:
        """Return the heads `[l, h]` of each group: categories, shapes that some head has, and all."""
        groups = {name: self.category == name for name in CATEGORIES}
        groups |= {f"shape {name}": self.shape == name for name in SHAPES if (self.shape == name).any()}
        return groups | {"all": self.category != ""}

    def draw(self, count: int, seed: int) -> list[Head]:
        """Return at most `count` heads of each category, drawn at random, in order."""
        rng = np.random.default_rng(seed)
        drawn = [rng.permutation(np.argwhere(self.category == name))[:count] for name in CATEGORIES]
        return sorted((int(layer), int(head)) for heads in drawn for layer, head in heads)


def measure_groups(encoder: Encoder, speech: LoadedSpeech) -> HeadGroups:
    """Return the groups of the heads of a model on some speech; shapes without those that need labels."""
    chosen = {name: available_statistics()[name] for name in (*RANKED, *SHAPE_STATISTICS)}
    with progress("measuring heads", speech.seconds) as on_progress:
        cuts = list(enumerate(speech.cuts))
        state = measure(encoder, cuts, chosen, ShardOptions(strict=True, on_progress=on_progress)).state
    mean = accumulator.finalize(state).mean
    arrays = {name: ((*HEAD_DIMS, *each.dims), mean[name]) for name, each in chosen.items()}
    frames = ("utterance", [encoder.num_frames(wave) for wave in speech.waves])
    coords = {dim: values for each in chosen.values() for dim, values in each.coords.items()}
    evidence = shape_evidence(xr.Dataset(arrays, {**coords, "frames": frames}))
    assert evidence is not None
    return HeadGroups(categorise(*(mean[name] for name in RANKED)), head_shapes(evidence))
