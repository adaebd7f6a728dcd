"""Scores of boundaries on a common grid of 5 ms, summed over shifts, parameters and voters.

A model with frames of 20 ms loses what happens between two frames. So it runs several times on the wave, each time
without a further part of a frame at the start. The scores of each run belong to other times; each score, divided by
its mean, is placed on a common grid by linear interpolation, and the scores are added. This is exact for any frame
period, because a shift is a whole number of samples and its true duration places the score.

Alpha and beta each take three values around the tuned one, and the nine scores are averaged: boundaries that depend on
one exact value are noise. Features are in the unit of their own median distance, so alpha has no unit.

The sum over voters is of square roots of scores, which weighs the depth of each minimum relative to its level. A
Gaussian smooths the sum. Boundaries are the local minima; the confidence of a boundary is the prominence of the
minimum: how far the sum rises from it before it falls below it, on the side where it rises less.

Axes: a alpha, b beta, f factor of beta, t time of the grid.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import correlate1d, gaussian_filter1d
from scipy.signal import find_peaks

from otoscope.phones import LabelFrames
from otoscope.segmentation.ensemble import divide_by_mean
from otoscope.segmentation.grid_scores import GridFrames
from otoscope.segmentation.voters import Voter, VoterKey, Voting
from otoscope.typing import Array, Floats

STEP = 0.005
"""Seconds between two times of the common grid."""
ALPHA_FACTORS = (2**-0.5, 1.0, 2**0.5)
BETA_FACTORS = (1.2**-2, 1.0, 1.2**2)
ROUNDING = 9
"""Decimals to which betas are equal."""


@dataclass(frozen=True, eq=False)
class ShiftedFeatures:
    """Features of one run of a model, or of one position of spectral windows.

    Attributes:
        features: frames `[T, d]`.
        frames: times of their label frames, the shift included.
    """

    features: npt.ArrayLike
    frames: LabelFrames


@dataclass(frozen=True, eq=False)
class Boundaries:
    """Boundaries of one recording.

    Attributes:
        times: seconds `[n]`, ascending.
        confidences: depth `[n]` of the minimum at each boundary, as a share of the mean score; higher is surer.

    Examples:
        >>> minima_of_sum(np.array([1.0, 0.5, 1.0, 1.0])).times.tolist()
        [0.005]
    """

    times: Floats
    confidences: Floats


def grid_times(seconds: float) -> Floats:
    """Return the times of the common grid for a recording of some seconds.

    >>> grid_times(0.012).tolist()
    [0.0, 0.005, 0.01]
    """
    return STEP * np.arange(int(seconds / STEP + 1e-6) + 1, dtype=np.float64)


def shifted_scores(
    runs: Sequence[ShiftedFeatures], alphas: Sequence[float], betas: Sequence[float], times: Floats
) -> Floats:
    """Compute the mean over shifts of the scores `[a, b, t]`, each divided by its mean over its own frames.

    Args:
        runs: features of each shift.
        alphas: widths of the kernel, in the unit of the median distance between frames.
        betas: thresholds as multiples of a row's mean.
        times: times of the grid in seconds.
    """
    return _mean_over_shifts([(GridFrames(run.features), run.frames) for run in runs], alphas, betas, times)


def _mean_over_shifts(
    runs: Sequence[tuple[GridFrames, LabelFrames]], alphas: Sequence[float], betas: Sequence[float], times: Floats
) -> Floats:
    total = np.zeros((len(alphas), len(betas), len(times)))
    for grid, frames in runs:
        if (unit := grid.median) > 0:
            scores = grid.scores([unit * alpha for alpha in alphas], betas, frames.repeat)
            total += interpolated(divide_by_mean(scores), frames, times)
    return total / len(runs)


def averaged_scores(runs: Sequence[ShiftedFeatures], voter: Voter, factors: Sequence[float], times: Floats) -> Floats:
    """Compute the scores `[f, t]` of a voter, averaged over parameters around its own, for several factors of beta."""
    return ScoreCache({voter.key: runs}, times).averaged(voter, factors)


class ScoreCache:
    """Scores of voters on one grid of times; each voter, alpha and beta is computed once.

    Votings share heads, and the factors of their curves share betas. `averaged` alone adds to the cache.

    Attributes:
        times: times `[t]` of the grid in seconds.
    """

    def __init__(self, features: Mapping[VoterKey, Sequence[ShiftedFeatures]], times: Floats) -> None:
        """Compute nothing yet."""
        self.times = times
        self._runs = {key: [(GridFrames(run.features), run.frames) for run in runs] for key, runs in features.items()}
        self._rows: dict[tuple[VoterKey, float], dict[float, Floats]] = defaultdict(dict)

    def averaged(self, voter: Voter, factors: Sequence[float]) -> Floats:
        """Return what `averaged_scores` computes."""
        wanted_fb = np.round(voter.beta * np.outer(factors, BETA_FACTORS), ROUNDING)
        rows = self._rows[voter.key, voter.alpha]
        if missing := [beta for beta in np.unique(wanted_fb).tolist() if beta not in rows]:
            alphas = [voter.alpha * factor for factor in ALPHA_FACTORS]
            scores_abt = _mean_over_shifts(self._runs[voter.key], alphas, missing, self.times)
            rows |= zip(missing, scores_abt.mean(axis=0), strict=True)
        averaged: Floats = np.array([[rows[beta] for beta in betas] for betas in wanted_fb.tolist()]).mean(axis=1)
        return averaged


def summed_score(scores: Sequence[Floats], voting: Voting) -> Floats:
    """Return the mean over voters of the filtered square roots of their scores `[..., t]`, before smoothing."""
    pairs = zip(voting.voters, scores, strict=True)
    total = sum(filtered(np.sqrt(score), voter.weights, voting.lag) for voter, score in pairs)
    return np.asarray(total) / len(voting.voters)


def filtered(score: Floats, weights: Sequence[float], lag: float) -> Floats:
    """Return the weighted sum of a score `[..., t]` at times `lag` seconds apart around each time; the ends repeat.

    >>> filtered(np.array([0.0, 1.0, 0.0, 0.0]), [-1.0, 2.0, -1.0], 0.005).tolist()
    [-1.0, 2.0, -1.0, 0.0]
    """
    spread = np.zeros(round(lag / STEP) * (len(weights) - 1) + 1)
    spread[:: max(1, round(lag / STEP))] = weights
    total: Floats = correlate1d(score, spread, axis=-1, mode="nearest")
    return total


def smoothed(score: Array, smoothing: float) -> Floats:
    """Return a score `[..., t]` after a Gaussian whose standard deviation is in seconds; 0 changes nothing."""
    if smoothing <= 0:
        return score
    smooth: Floats = gaussian_filter1d(score, smoothing / STEP, axis=-1, mode="nearest")
    return smooth


def minima_of_sum(score_t: Floats) -> Boundaries:
    """Return the local minima of a sum `[t]`; the centre of a plateau counts once."""
    places, depths = minima_with_depths(score_t)
    return Boundaries(STEP * places, depths)


def minima_with_depths(score_t: Array) -> tuple[Floats, Floats]:
    """Return the frames `[n]` of the local minima of a score `[t]`, as `local_minima` does, and their prominences.

    >>> minima_with_depths(np.array([2, 1, 1, 3, 0, 4, 2, 2]))
    (array([1.5, 4. ]), array([1., 3.]))
    """
    _, peaks = find_peaks(-score_t, prominence=0, plateau_size=1)
    return (peaks["left_edges"] + peaks["right_edges"]) / 2, peaks["prominences"]


def interpolated(scores: Floats, frames: LabelFrames, times: Floats) -> Floats:
    """Return scores `[..., label frame]` at other times; those before the first and after the last are repeated."""
    last = scores.shape[-1] - 1
    place_t = np.clip((times - frames.origin) / frames.period, 0, last)
    left_t = np.minimum(place_t.astype(np.int64), max(last - 1, 0))
    share_t = place_t - left_t
    between: Floats = scores[..., left_t] * (1 - share_t) + scores[..., np.minimum(left_t + 1, last)] * share_t
    return between
