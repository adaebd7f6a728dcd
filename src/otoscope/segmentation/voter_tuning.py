"""Tune alpha and beta of single voters, and compute the scores of all voters on utterances of the validation part.

Both read the same features. In a process, the model runs once per shift on each utterance, as long as what it computes
fits in memory; on the others it runs again.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from otoscope.corpus import load_audio
from otoscope.segmentation.comparison import R_VALUE, scores_of
from otoscope.segmentation.grid_counts import minima_of_rows
from otoscope.segmentation.protocols import counts_of_rows
from otoscope.segmentation.score_sum import (
    BETA_FACTORS,
    STEP,
    averaged_scores,
    grid_times,
    shifted_scores,
    smoothed,
)
from otoscope.segmentation.search_part import SearchPart
from otoscope.segmentation.shifted_features import SPECTRAL_RATE, VoterRuns
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.voters import Voter, VoterKey
from otoscope.typing import Floats, Ints

ALPHAS = tuple(0.05 * 2 ** (step / 2) for step in range(9))
"""Grid of alpha, from 0.05 to 0.8 median distances; neighbours are averaged, so the ends are no candidates."""
BETAS = tuple(1.2**step for step in range(-3, 12))
"""Grid of beta, from 0.58 to 7.4; neighbours two steps away are averaged."""
FACTORS = tuple(1.2**step for step in range(-3, 4))
"""Factors of all betas of a sum."""
TUNED = FACTORS.index(1.0)
"""Place of the factor that changes nothing."""
MAX_STORED_BYTES = 2**30
"""Most bytes of maps and states that a search stores between its two passes."""

VoterScores = dict[VoterKey, Floats]
"""Scores `[factor, t]` of one utterance."""


class RunStore:
    """What voters read from utterances of the validation part; stores what the model computed, to `MAX_STORED_BYTES`.

    Attributes:
        part: the validation part.
    """

    def __init__(self, part: SearchPart) -> None:
        """Read nothing yet."""
        self.part = part
        self._stored: dict[str, VoterRuns] = {}

    def read(self, utterance: LabelledUtterance, voters: Sequence[Voter]) -> VoterRuns:
        """Return what voters read from an utterance: all those of the first call for it, or some of them."""
        if utterance.cut.id in self._stored:
            return self._stored[utterance.cut.id]
        encoder = self.part.encoder
        waves = encoder.load_wave(utterance.cut), load_audio(utterance.cut, SPECTRAL_RATE)
        runs = VoterRuns.read(encoder, waves, voters, self.part.options.shifts)
        if runs.nbytes + sum(stored.nbytes for stored in self._stored.values()) <= MAX_STORED_BYTES:
            self._stored[utterance.cut.id] = runs
        return runs

    def forget(self, utterance: LabelledUtterance) -> None:
        """Forget what the model computed for an utterance."""
        self._stored.pop(utterance.cut.id, None)


def grid_counts(store: RunStore, utterance: LabelledUtterance, candidates: Sequence[Voter]) -> Ints:
    """Return the counts `[voter, parameters, count]` of one utterance, for each alpha and beta of each candidate."""
    part, runs, times = store.part, store.read(utterance, candidates), grid_times(utterance.cut.duration)
    counts = []
    for voter in candidates:
        scores = average_neighbours(shifted_scores(runs.shifted(voter), ALPHAS, BETAS, times))
        roots = np.sqrt(scores.reshape(-1, len(times)))
        counts.append(minima_counts(part, utterance, smoothed(roots, part.level.first_smoothing)))
    return np.array(counts)


def best_voters(candidates: Sequence[Voter], counts: Ints) -> list[Voter]:
    """Return the candidates with the parameters of the highest R-value, the best first; without those that are flat.

    Args:
        candidates: voters without parameters.
        counts: sum over utterances of `grid_counts`.
    """
    n_betas = len(BETAS) - 4
    values = {
        voter: scores_of(own)[:, R_VALUE] for voter, own in zip(candidates, counts, strict=True) if own[:, 1].any()
    }
    best = {voter: int(np.argmax(r_values)) for voter, r_values in values.items()}
    return [
        replace(voter, alpha=ALPHAS[1 + best[voter] // n_betas], beta=BETAS[2 + best[voter] % n_betas])
        for voter in sorted(best, key=lambda voter: -values[voter][best[voter]])
    ]


def average_neighbours(scores_abt: Floats) -> Floats:
    """Return the mean of each score and its neighbours in the grid, without the ends: that of `averaged_scores`."""
    over_a = (scores_abt[:-2] + scores_abt[1:-1] + scores_abt[2:]) / 3
    averaged: Floats = (over_a[:, :-4] + over_a[:, 2:-2] + over_a[:, 4:]) / len(BETA_FACTORS)
    return averaged


def voter_scores(store: RunStore, utterance: LabelledUtterance, voters: Sequence[Voter]) -> VoterScores:
    """Return the scores `[factor, t]` of each voter, by head or source, for one utterance."""
    runs, times = store.read(utterance, voters), grid_times(utterance.cut.duration)
    return {voter.key: averaged_scores(runs.shifted(voter), voter, FACTORS, times) for voter in voters}


def minima_counts(part: SearchPart, utterance: LabelledUtterance, score_qt: Floats) -> Ints:
    """Return the counts `[q, count]` of the minima of several sums of one utterance."""
    rows, minima = minima_of_rows(score_qt)
    return counts_of_rows(utterance.units, (rows, STEP * minima), len(score_qt), part.tolerance, part.options.protocol)
