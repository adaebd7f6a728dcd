"""Weights of voters by least squares: how near a boundary each time is, from the scores of several voters around it.

The predictors of a time are the square roots of the voters' scores 15 ms before it (for phones), at it, and 15 ms after
it. The target is a Gaussian around each reference boundary. The penalty is that of ridge regression (Hoerl & Kennard
1970). Each speaker of the validation part is predicted with weights that did not use this speaker; these predictions
choose the number of heads and the smoothing, and their R-value is that of the method.

Axes: t time of the grid of 5 ms, d predictor (voter by lag, then the constant).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from otoscope.segmentation.comparison import R_VALUE, scores_of
from otoscope.segmentation.protocols import reference_boundaries
from otoscope.segmentation.score_sum import STEP, filtered, grid_times, smoothed
from otoscope.segmentation.search_part import SearchPart
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.voter_tuning import TUNED, VoterScores, minima_counts
from otoscope.segmentation.voters import Voter, Voting
from otoscope.typing import Floats

LAG_SHARE, TARGET_SHARE = 0.75, 0.5
"""Lag, and standard deviation of the target, as shares of the tolerance."""
SHIFTS_OF_LAG = np.eye(3)
"""Weights that select the score before, at and after a time."""
RIDGE = 0.01
"""Penalty, in units of the mean square of a predictor."""
FOLDS = 4
"""Parts of the validation part, if it has a single speaker."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over the times of some utterances: of products of predictors, and of predictors and target.

    Attributes:
        gram: `[d, d]`.
        moment: `[d]`.
    """

    gram: Floats
    moment: Floats

    def __sub__(self, other: "Moments") -> "Moments":
        """Return the sums without those of some of the utterances."""
        return Moments(self.gram - other.gram, self.moment - other.moment)

    def weights(self, columns: Sequence[int]) -> Floats:
        """Return the weights of some predictors; the last, the constant, has no penalty."""
        gram = self.gram[np.ix_(columns, columns)]
        penalty = np.append(np.full(len(columns) - 1, RIDGE * np.diag(gram)[:-1].mean()), 0.0)
        solution = np.linalg.solve(gram + np.diag(penalty), self.moment[list(columns)])
        return np.asarray(solution, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class WeightSearch:
    """The scores of voters on the validation part, from which their weights are computed.

    Attributes:
        part: the validation part.
        voters: the tuned voters.
        scores: scores of each voter for each utterance.
    """

    part: SearchPart
    voters: Sequence[Voter]
    scores: Sequence[VoterScores]

    def best(self, name: str, groups: Sequence[Sequence[Voter]]) -> Voting | None:
        """Return the voting of the group with the highest R-value across speakers; None with a single utterance.

        Args:
            name: name of the voting.
            groups: voters of each candidate.
        """
        if len(self._folds) < 2:
            return None
        r_values = np.array([self._r_values(group) for group in groups])
        place, smoothing = divmod(int(np.argmax(r_values)), r_values.shape[1])
        level, shifts = self.part.level, self.part.options.shifts
        voters, r_value = self._weighted(groups[place]), float(r_values[place, smoothing])
        return Voting(name, voters, shifts, level.smoothings[smoothing], r_value, self.lag)

    def _weighted(self, group: Sequence[Voter]) -> tuple[Voter, ...]:
        """Return voters with the weights of all utterances; their mean is minus the prediction, low at boundaries."""
        weights = self._moments[""].weights(self._columns(group))[:-1]
        rows = (-len(group) * weights.reshape(len(group), -1)).tolist()
        return tuple(replace(voter, weights=tuple(own)) for voter, own in zip(group, rows, strict=True))

    @property
    def lag(self) -> float:
        """Return the seconds between two predictors of a voter, on the grid of 5 ms."""
        return STEP * max(1, round(LAG_SHARE * self.part.tolerance / STEP))

    @cached_property
    def _folds(self) -> dict[str, list[int]]:
        """Return the utterances of each speaker; of a single speaker, four parts."""
        speakers = [utterance.speaker for utterance in self.part.utterances]
        if len(set(speakers)) < 2:
            speakers = [str(place % FOLDS) for place in range(len(speakers))]
        return {name: [place for place, own in enumerate(speakers) if own == name] for name in dict.fromkeys(speakers)}

    @cached_property
    def _predictors(self) -> list[Floats]:
        return [predictors(own, self.voters, self.lag) for own in self.scores]

    @cached_property
    def _moments(self) -> Mapping[str, Moments]:
        """Return the sums of each fold; of all utterances with the name ''."""
        sums = {name: self._sum(places) for name, places in self._folds.items()}
        return sums | {"": self._sum(range(len(self.scores)))}

    def _sum(self, places: Sequence[int]) -> Moments:
        own = [(self._predictors[place], self._target(self.part.utterances[place])) for place in places]
        return Moments(
            np.sum([x_td.T @ x_td for x_td, _ in own], axis=0), np.sum([x_td.T @ y_t for x_td, y_t in own], axis=0)
        )

    def _target(self, utterance: LabelledUtterance) -> Floats:
        reference = reference_boundaries(utterance.units, self.part.options.protocol)
        return boundary_target(reference, utterance.cut.duration, TARGET_SHARE * self.part.tolerance)

    def _columns(self, group: Sequence[Voter]) -> list[int]:
        """Return the places of the predictors of a group, the constant last."""
        lags = len(SHIFTS_OF_LAG)
        places = {voter.key: place for place, voter in enumerate(self.voters)}
        firsts = [lags * places[voter.key] for voter in group]
        return [first + lag for first in firsts for lag in range(lags)] + [lags * len(self.voters)]

    def _r_values(self, group: Sequence[Voter]) -> Floats:
        """Return the R-value across speakers for each smoothing."""
        columns, smoothings = self._columns(group), self.part.level.smoothings
        counts = np.zeros((len(smoothings), 4), dtype=np.int64)
        for name, places in self._folds.items():
            weights = (self._moments[""] - self._moments[name]).weights(columns)
            for place in places:
                total = -(self._predictors[place][:, columns] @ weights)
                rows = np.stack([smoothed(total, smoothing) for smoothing in smoothings])
                counts += minima_counts(self.part, self.part.utterances[place], rows)
        return scores_of(counts)[:, R_VALUE]


def predictors(scores: VoterScores, voters: Sequence[Voter], lag: float) -> Floats:
    """Return the predictors `[t, d]` of one utterance: three of each voter, and the constant."""
    roots = [np.sqrt(scores[voter.key][TUNED]) for voter in voters]
    columns = [filtered(root, weights, lag) for root in roots for weights in SHIFTS_OF_LAG.tolist()]
    return np.stack([*columns, np.ones_like(columns[0])], axis=1)


def boundary_target(reference: Floats, seconds: float, sigma: float) -> Floats:
    """Return how near the nearest reference boundary each time of the grid is, `[t]`: 1 at it, 0 far from it.

    >>> boundary_target(np.array([0.01]), 0.02, 0.005).round(2).tolist()
    [0.14, 0.61, 1.0, 0.61, 0.14]
    """
    times = grid_times(seconds)
    if not len(reference):
        return np.zeros(len(times))
    distances = np.abs(times[:, None] - reference).min(axis=1)
    target: Floats = np.exp(-0.5 * (distances / sigma) ** 2)
    return target
