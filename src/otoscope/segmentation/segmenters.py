"""Methods with everything fixed: from an utterance to its boundaries."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from otoscope.segmentation.baselines import boundary_rate, random_boundaries, uniform_boundaries
from otoscope.segmentation.boundaries import BoundaryCounts, count_boundaries
from otoscope.segmentation.ensemble import ensemble_boundaries
from otoscope.segmentation.feature_methods import Method
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.tuning import LabelledFeatures, TunedParameters

Floats = npt.NDArray[np.float64]
MODES = ("strict", "lenient")


@dataclass(frozen=True)
class Segmenter:
    """One row of the comparison.

    Attributes:
        name, model, chosen: as of its method.
        find: boundaries in seconds of an utterance, for each of several betas.
        tuned: its alpha and beta; None where it has none.
    """

    name: str
    find: Callable[[LabelledUtterance, Sequence[float]], list[Floats]]
    model: str = ""
    chosen: str = ""
    tuned: TunedParameters | None = None

    def counts(self, utterance: LabelledUtterance, betas: Sequence[float], tolerance: float) -> npt.NDArray[np.int64]:
        """Counts [mode, beta, count] of one utterance: with its own beta first, then with those given."""
        own = self.tuned.beta if self.tuned else np.nan
        found = self.find(utterance, [own, *betas])
        counted = [
            [count_boundaries(utterance.boundaries, times, tolerance, mode == "strict") for times in found]
            for mode in MODES
        ]
        return np.array([[_as_row(each) for each in of_mode] for of_mode in counted])


def tuned_segmenter(method: Method, tuning: TunedParameters) -> Segmenter:
    """A method with its alpha and beta."""

    def find(utterance: LabelledUtterance, betas: Sequence[float]) -> list[Floats]:
        views = LabelledFeatures(method.features(utterance.cut), utterance.boundaries).views
        return ensemble_boundaries(views, tuning.alpha, betas, method.frames)

    return Segmenter(method.name, find, method.model, method.chosen, tuning)


def naive_segmenters(validation: Sequence[LabelledUtterance]) -> list[Segmenter]:
    """Uniform and random boundaries, at the rate of the validation part's reference; each beta gives the same."""
    rate = boundary_rate([one.boundaries for one in validation], [one.cut.duration for one in validation])

    def uniform(utterance: LabelledUtterance, betas: Sequence[float]) -> list[Floats]:
        return [uniform_boundaries(utterance.cut.duration, rate)] * len(betas)

    def random(utterance: LabelledUtterance, betas: Sequence[float]) -> list[Floats]:
        generator = np.random.default_rng(zlib.crc32(utterance.cut.id.encode()))
        return [random_boundaries(utterance.cut.duration, rate, generator)] * len(betas)

    at = f"{rate:.1f} per second"
    return [Segmenter("uniform", uniform, chosen=at), Segmenter("random", random, chosen=at)]


def _as_row(counts: BoundaryCounts) -> tuple[int, int, int, int]:
    return counts.reference, counts.predicted, counts.found, counts.correct
