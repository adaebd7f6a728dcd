"""Sums of scores of a recording of any length: a long recording is read in overlapping windows.

Windows keep the memory of maps small, and no model reads more than it can. A score is divided by its mean over its
window, so windows join without a step in level; they join in the middle of their overlap.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from otoscope.models.encoder import Encoder
from otoscope.segmentation.score_sum import (
    STEP,
    ScoreCache,
    grid_times,
    smoothed,
    summed_score,
)
from otoscope.segmentation.shifted_features import SPECTRAL_RATE, voter_features
from otoscope.segmentation.voters import Voting
from otoscope.typing import AnyFloats, Floats

WINDOW_SECONDS = 20.0
OVERLAP_SECONDS = 2.0
"""Seconds that two neighbouring windows share, at least."""


@dataclass(frozen=True, eq=False)
class ScoredWindow:
    """The scores of one window of a recording.

    Attributes:
        scores: scores of the voters on the grid of 5 ms.
        part: times of the grid that the window contributes to the recording.
    """

    scores: ScoreCache
    part: slice


def voting_sums(encoder: Encoder, waves: tuple[AnyFloats, AnyFloats], votings: Sequence[Voting]) -> list[Floats]:
    """Return the smoothed sum `[t]` of each voting for one recording, on the grid of 5 ms.

    Args:
        encoder: the model.
        waves: samples at the rate of the model, and the same at 16 kHz.
        votings: methods with the same number of shifts.

    Raises:
        InputError: the recording is shorter than a frame.
    """
    parts = [
        [window_sum(window, voting, [1.0])[0] for voting in votings] for window in iter_windows(encoder, waves, votings)
    ]
    return [
        smoothed(np.concatenate(pieces), voting.smoothing)
        for pieces, voting in zip(zip(*parts, strict=True), votings, strict=True)
    ]


def join_windows(windows: Iterable[ScoredWindow], voting: Voting, factors: Sequence[float]) -> Floats:
    """Return the smoothed sum `[factor, t]` of a voting over the windows of a recording."""
    joined = np.concatenate([window_sum(window, voting, factors) for window in windows], axis=1)
    return smoothed(joined, voting.smoothing)


def window_sum(window: ScoredWindow, voting: Voting, factors: Sequence[float]) -> Floats:
    """Return the sum `[factor, t]` of a voting in the part of a window, before smoothing."""
    scores = [window.scores.averaged(voter, factors) for voter in voting.voters]
    return summed_score(scores, voting)[:, window.part]


def iter_windows(
    encoder: Encoder, waves: tuple[AnyFloats, AnyFloats], votings: Sequence[Voting]
) -> Iterator[ScoredWindow]:
    """Yield the windows of a recording with the scores of all voters; the model runs once per shift and window."""
    voters = list({voter.key: voter for voting in votings for voter in voting.voters}.values())
    seconds, length = len(waves[0]) / encoder.sampling_rate, min(WINDOW_SECONDS, encoder.max_seconds)
    starts = window_starts(seconds, length)
    edges = [round((before + length + start) / 2 / STEP) for before, start in pairwise(starts)]
    for start, low, high in zip(starts, [0, *edges], [*edges, None], strict=True):
        own, spectral = (
            wave[round(start * rate) : round((start + length) * rate)]
            for wave, rate in zip(waves, (encoder.sampling_rate, SPECTRAL_RATE), strict=True)
        )
        first = round(start / STEP)
        part = slice(low - first, None if high is None else high - first)
        features = voter_features(encoder, (own, spectral), voters, votings[0].shifts)
        runs = {voter.key: features[voter] for voter in voters}
        yield ScoredWindow(ScoreCache(runs, grid_times(len(own) / encoder.sampling_rate)), part)


def window_starts(seconds: float, window: float) -> list[float]:
    """Return the starts of windows that cover a recording and overlap by at least 2 s, on the grid of 5 ms.

    >>> window_starts(15.0, 20.0), window_starts(39.0, 20.0)
    ([0.0], [0.0, 9.5, 19.0])
    """
    if seconds <= window:
        return [0.0]
    count = 1 + math.ceil((seconds - window) / (window - OVERLAP_SECONDS))
    return [STEP * round(start / STEP) for start in np.linspace(0, seconds - window, count).tolist()]
