"""Rows of the comparison: functions with fixed parameters from an utterance to its boundaries."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from otoscope.segmentation.baselines import boundary_rate, random_boundaries, uniform_boundaries
from otoscope.segmentation.boundaries import BoundaryScores, match_distances, nearest_distances
from otoscope.segmentation.ensemble import ensemble_scores
from otoscope.segmentation.feature_methods import Method
from otoscope.segmentation.grid_counts import number_rows
from otoscope.segmentation.protocols import PROTOCOLS, counts_of_rows
from otoscope.segmentation.score_sum import Boundaries, minima_of_sum, minima_with_depths
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.tokens import count_tokens
from otoscope.segmentation.tuning import LabelledFeatures, TunedParameters
from otoscope.segmentation.voters import Voting
from otoscope.segmentation.voting_reader import VotingReader
from otoscope.typing import Floats, Ints

MODES = PROTOCOLS
"""Protocols of the scores, in the order of their axis."""


@dataclass(frozen=True, eq=False)
class UtteranceScores:
    """What a method finds in one utterance.

    Attributes:
        counts: counts `[mode, 1 + beta, count]`.
        tokens: counts `[TOKEN_COUNTS]` of tokens at the tuned beta.
        distance: sum in seconds of the distances of strict matches at the tuned beta.
        nearest_distance: sum in seconds of the distances of all boundaries from their nearest references.
        boundaries: boundaries at the tuned beta; their confidence is the depth of the minimum over the mean score.
    """

    counts: Ints
    tokens: Ints
    distance: float
    nearest_distance: float
    boundaries: Boundaries


@dataclass(frozen=True)
class ComparedMethod:
    """One row of the comparison.

    Attributes:
        method: name of the method.
        find: function that returns the boundaries of an utterance for each of several betas.
        model: name of the model; empty if the method needs none.
        chosen: layer, heads or rate that the validation part chose.
        tuned: alpha and beta; None if the method has none.
        is_against: whether the features are those of the model that the first one is compared with.
    """

    method: str
    find: Callable[[LabelledUtterance, Sequence[float]], list[Boundaries]]
    model: str = ""
    chosen: str = ""
    tuned: TunedParameters | None = None
    is_against: bool = False

    @property
    def label(self) -> str:
        """Return the name of the row, which is unique in a comparison of two models."""
        return f"{self.method} (against)" if self.is_against else self.method

    def score(self, utterance: LabelledUtterance, betas: Sequence[float], tolerance: float) -> UtteranceScores:
        """Return the scores of one utterance: first at the tuned beta, then at `betas`."""
        own_beta = self.tuned.beta if self.tuned else np.nan
        own, *others = self.find(utterance, [own_beta, *betas])
        minima, rows = number_rows([own.times, *(other.times for other in others)]), 1 + len(others)
        counts_mb = [counts_of_rows(utterance.units, minima, rows, tolerance, protocol) for protocol in MODES]
        distances = match_distances(utterance.boundaries, own.times, tolerance)
        tokens = count_tokens(utterance.units, own.times, utterance.cut.duration, tolerance)
        nearest = nearest_distances(utterance.boundaries, own.times)
        return UtteranceScores(np.array(counts_mb), tokens, float(distances.sum()), float(nearest.sum()), own)


def tuned_segmenter(method: Method, parameters: TunedParameters, *, is_against: bool = False) -> ComparedMethod:
    """Return the segmenter of a method with its alpha and beta."""
    find = partial(_find_with_method, method, parameters.alpha)
    return ComparedMethod(method.name, find, method.model, method.chosen, parameters, is_against)


def voting_method(reader: VotingReader, voting: Voting) -> ComparedMethod:
    """Return the row of a voting; its beta is that of the first voter, and other betas change all voters alike."""
    first = voting.voters[0]
    scores = BoundaryScores(np.nan, np.nan, np.nan, np.nan, voting.r_value)
    tuned = TunedParameters(first.alpha, first.beta, scores, unit=1.0)
    find = partial(_find_with_voting, reader, voting)
    return ComparedMethod(voting.name, find, reader.encoder.name, voting.chosen, tuned)


def naive_segmenters(validation: Sequence[LabelledUtterance]) -> list[ComparedMethod]:
    """Return segmenters that ignore the audio: boundaries at equal distances, and random ones.

    Both use the rate of the reference boundaries of the validation part, and ignore beta.
    """
    boundaries = [utterance.boundaries for utterance in validation]
    rate = boundary_rate(boundaries, [utterance.cut.duration for utterance in validation])
    chosen = f"{rate:.1f} per second"
    return [
        ComparedMethod("uniform", partial(_find_uniform, rate), chosen=chosen),
        ComparedMethod("random", partial(_find_random, rate), chosen=chosen),
    ]


def _find_with_method(
    method: Method, alpha: float, utterance: LabelledUtterance, betas: Sequence[float]
) -> list[Boundaries]:
    views = LabelledFeatures(method.features(utterance.cut), utterance.boundaries).views
    minima = (minima_with_depths(score) for score in ensemble_scores(views, alpha, betas, method.frames.repeat))
    return [Boundaries(method.frames.seconds(places), depths / len(views)) for places, depths in minima]


def _find_with_voting(
    reader: VotingReader, voting: Voting, utterance: LabelledUtterance, betas: Sequence[float]
) -> list[Boundaries]:
    factors = [beta / voting.voters[0].beta for beta in betas]
    return [minima_of_sum(score) for score in reader.sums(utterance.cut, voting, factors)]


def _find_uniform(rate: float, utterance: LabelledUtterance, betas: Sequence[float]) -> list[Boundaries]:
    return [without_confidence(uniform_boundaries(utterance.cut.duration, rate))] * len(betas)


def _find_random(rate: float, utterance: LabelledUtterance, betas: Sequence[float]) -> list[Boundaries]:
    """Draw boundaries from a generator that the id of the utterance seeds, so that results are reproducible."""
    generator = np.random.default_rng(zlib.crc32(utterance.cut.id.encode()))
    return [without_confidence(random_boundaries(utterance.cut.duration, rate, generator))] * len(betas)


def without_confidence(times: Floats) -> Boundaries:
    """Return boundaries of a method that has no confidences."""
    return Boundaries(times, np.full(len(times), np.nan))
