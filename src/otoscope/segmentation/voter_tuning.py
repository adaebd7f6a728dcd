"""Tune alpha and beta of single voters, and compute the scores of all voters on the validation part.

The model runs twice per shift on each utterance: once for the grid of every candidate, once for the scores.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from otoscope.corpus import load_audio
from otoscope.segmentation.comparison import R_VALUE, scores_of
from otoscope.segmentation.grid_counts import minima_of_rows
from otoscope.segmentation.protocols import counts_of_rows
from otoscope.segmentation.score_sum import (
    BETA_FACTORS,
    STEP,
    ShiftedFeatures,
    averaged_scores,
    grid_times,
    shifted_scores,
    smoothed,
)
from otoscope.segmentation.search_part import SearchPart
from otoscope.segmentation.shifted_features import SPECTRAL_RATE, voter_features
from otoscope.segmentation.split import LabelledUtterance, with_progress
from otoscope.segmentation.voters import Voter
from otoscope.typing import Floats, Ints

ALPHAS = tuple(0.05 * 2 ** (step / 2) for step in range(9))
"""Grid of alpha, from 0.05 to 0.8 median distances; neighbours are averaged, so the ends are no candidates."""
BETAS = tuple(1.2**step for step in range(-3, 12))
"""Grid of beta, from 0.58 to 7.4; neighbours two steps away are averaged."""
FACTORS = tuple(1.2**step for step in range(-3, 4))
"""Factors of all betas of a sum."""
TUNED = FACTORS.index(1.0)
"""Place of the factor that changes nothing."""

VoterKey = tuple[str, int, int, float]
"""Source, layer, head and power of a voter, which its parameters do not change."""
VoterScores = dict[VoterKey, Floats]
"""Scores `[factor, t]` of one utterance."""


def tune_voters(part: SearchPart, candidates: Sequence[Voter]) -> list[Voter]:
    """Return the candidates with the parameters of the highest R-value, the best first; without those that are flat."""
    n_alphas, n_betas = len(ALPHAS) - 2, len(BETAS) - 4
    totals = {voter: np.zeros((n_alphas * n_betas, 4), dtype=np.int64) for voter in candidates}

    def add(utterance: LabelledUtterance, features: dict[Voter, list[ShiftedFeatures]], times: Floats) -> None:
        for voter, runs in features.items():
            scores = average_neighbours(shifted_scores(runs, ALPHAS, BETAS, times)).reshape(-1, len(times))
            totals[voter] += minima_counts(part, utterance, smoothed(np.sqrt(scores), part.level.first_smoothing))

    _visit(part, candidates, "tuning heads with shifts", add)
    best = {voter: int(np.argmax(scores_of(total)[:, R_VALUE])) for voter, total in totals.items() if total[:, 1].any()}
    ordered = sorted(best, key=lambda voter: -scores_of(totals[voter])[best[voter], R_VALUE])
    return [
        replace(voter, alpha=ALPHAS[1 + best[voter] // n_betas], beta=BETAS[2 + best[voter] % n_betas])
        for voter in ordered
    ]


def average_neighbours(scores_abt: Floats) -> Floats:
    """Return the mean of each score and its neighbours in the grid, without the ends: that of `averaged_scores`."""
    over_a = (scores_abt[:-2] + scores_abt[1:-1] + scores_abt[2:]) / 3
    averaged: Floats = (over_a[:, :-4] + over_a[:, 2:-2] + over_a[:, 4:]) / len(BETA_FACTORS)
    return averaged


def voter_scores(part: SearchPart, voters: Sequence[Voter]) -> list[VoterScores]:
    """Return the scores `[factor, t]` of each voter, by head or source, for each utterance."""
    scores: list[VoterScores] = []

    def add(utterance: LabelledUtterance, features: dict[Voter, list[ShiftedFeatures]], times: Floats) -> None:
        scores.append(
            {voter_key(voter): averaged_scores(runs, voter, FACTORS, times) for voter, runs in features.items()}
        )

    _visit(part, voters, "tuning ensembles with shifts", add)
    return scores


def minima_counts(part: SearchPart, utterance: LabelledUtterance, score_qt: Floats) -> Ints:
    """Return the counts `[q, count]` of the minima of several sums of one utterance."""
    rows, minima = minima_of_rows(score_qt)
    return counts_of_rows(utterance.units, (rows, STEP * minima), len(score_qt), part.tolerance, part.options.protocol)


def _visit(
    part: SearchPart,
    voters: Sequence[Voter],
    text: str,
    add: Callable[[LabelledUtterance, dict[Voter, list[ShiftedFeatures]], Floats], None],
) -> None:
    """Pass the features of each utterance to `add`; those of one utterance are in memory at a time."""
    for utterance in with_progress(part.utterances, text):
        waves = part.encoder.load_wave(utterance.cut), load_audio(utterance.cut, SPECTRAL_RATE)
        features = voter_features(part.encoder, waves, voters, part.options.shifts)
        add(utterance, features, grid_times(utterance.cut.duration))


def voter_key(voter: Voter) -> VoterKey:
    """Return what identifies a voter; its parameters are not part of it."""
    return voter.source, voter.layer, voter.head, voter.power
