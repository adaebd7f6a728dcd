"""Segmenters with fixed parameters: functions from an utterance to its boundaries."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from otoscope.segmentation.baselines import boundary_rate, random_boundaries, uniform_boundaries
from otoscope.segmentation.boundaries import BoundaryCounts, count_boundaries
from otoscope.segmentation.ensemble import ensemble_boundaries
from otoscope.segmentation.feature_methods import Method
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.tuning import LabelledFeatures, TunedParameters
from otoscope.typing import Floats, Ints

MODES = ("strict", "lenient")


@dataclass(frozen=True)
class Segmenter:
    """One row of the comparison.

    Attributes:
        method: name of the method.
        find: function that returns the boundaries of an utterance in seconds, for each of several betas.
        model: name of the model; empty if the segmenter needs none.
        chosen: layer, heads or rate that the validation part chose.
        tuned: alpha and beta; None if the segmenter has none.
        is_against: whether the features are those of the model that the first one is compared with.
    """

    method: str
    find: Callable[[LabelledUtterance, Sequence[float]], list[Floats]]
    model: str = ""
    chosen: str = ""
    tuned: TunedParameters | None = None
    is_against: bool = False

    @property
    def label(self) -> str:
        """Return the name of the row, which is unique in a comparison of two models."""
        return f"{self.method} (against)" if self.is_against else self.method

    def counts(self, utterance: LabelledUtterance, betas: Sequence[float], tolerance: float) -> Ints:
        """Return the counts `[mode, 1 + beta, count]` of one utterance: first at the tuned beta, then at `betas`."""
        own_beta = self.tuned.beta if self.tuned else np.nan
        times_b = self.find(utterance, [own_beta, *betas])
        counts_mb = [
            [count_boundaries(utterance.boundaries, times, tolerance, mode == "strict") for times in times_b]
            for mode in MODES
        ]
        return np.array([[_to_row(counts) for counts in counts_b] for counts_b in counts_mb])


def tuned_segmenter(method: Method, parameters: TunedParameters, *, is_against: bool = False) -> Segmenter:
    """Return the segmenter of a method with its alpha and beta."""
    find = partial(_find_with_method, method, parameters.alpha)
    return Segmenter(method.name, find, method.model, method.chosen, parameters, is_against)


def naive_segmenters(validation: Sequence[LabelledUtterance]) -> list[Segmenter]:
    """Return segmenters that ignore the audio: boundaries at equal distances, and random ones.

    Both use the rate of the reference boundaries of the validation part, and ignore beta.
    """
    boundaries = [utterance.boundaries for utterance in validation]
    rate = boundary_rate(boundaries, [utterance.cut.duration for utterance in validation])
    chosen = f"{rate:.1f} per second"
    return [
        Segmenter("uniform", partial(_find_uniform, rate), chosen=chosen),
        Segmenter("random", partial(_find_random, rate), chosen=chosen),
    ]


def _find_with_method(
    method: Method, alpha: float, utterance: LabelledUtterance, betas: Sequence[float]
) -> list[Floats]:
    views = LabelledFeatures(method.features(utterance.cut), utterance.boundaries).views
    return ensemble_boundaries(views, alpha, betas, method.frames)


def _find_uniform(rate: float, utterance: LabelledUtterance, betas: Sequence[float]) -> list[Floats]:
    return [uniform_boundaries(utterance.cut.duration, rate)] * len(betas)


def _find_random(rate: float, utterance: LabelledUtterance, betas: Sequence[float]) -> list[Floats]:
    """Draw boundaries from a generator that the id of the utterance seeds, so that results are reproducible."""
    generator = np.random.default_rng(zlib.crc32(utterance.cut.id.encode()))
    return [random_boundaries(utterance.cut.duration, rate, generator)] * len(betas)


def _to_row(counts: BoundaryCounts) -> tuple[int, int, int, int]:
    return counts.reference, counts.predicted, counts.hits, counts.correct
