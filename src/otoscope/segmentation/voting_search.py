"""Tune the methods that sum scores: alpha and beta of each voter, then the number of voters, beta and smoothing together.

All choices use the validation part alone. The search runs the model twice per shift on each utterance of that part:
once for the grid of every candidate, once for the sums.

Of several numbers of heads, the search takes the smallest whose R-value is within one standard error of the highest
(Breiman, Friedman, Olshen & Stone, Classification and Regression Trees, 1984, section 3.4.3). The highest of many
values on a few speakers is partly chance, and fewer heads need fewer layers.
"""  # noqa: E501

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from otoscope.corpus import load_audio
from otoscope.results.intervals import estimate, standard_error
from otoscope.segmentation.comparison import R_VALUE, scores_of
from otoscope.segmentation.feature_methods import Head
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
    summed_score,
)
from otoscope.segmentation.search_part import SearchPart
from otoscope.segmentation.shifted_features import SPECTRAL_RATE, voter_features
from otoscope.segmentation.split import LabelledUtterance, with_progress
from otoscope.segmentation.voters import ATTENTION, BEST_HEAD, ENSEMBLE, LOG_MEL_FRAMES, MFCC_FRAMES, Voter, Voting
from otoscope.typing import Floats, Ints

ALPHAS = tuple(0.05 * 2 ** (step / 2) for step in range(9))
"""Grid of alpha, from 0.05 to 0.8 median distances; neighbours are averaged, so the ends are no candidates."""
BETAS = tuple(1.2**step for step in range(-3, 12))
"""Grid of beta, from 0.58 to 7.4; neighbours two steps away are averaged."""
FACTORS = tuple(1.2**step for step in range(-3, 4))
"""Factors of all betas of a sum."""
POWERS = (1 / 2, 1 / 3)
"""Powers of the rows of every head."""
MAX_CANDIDATES = 12
SIZES = (1, 2, 3, 4, 6, 8, 12)
"""Numbers of heads of a sum."""
MIXED = "attention and log-mel"
SPECTRAL_NAMES = {MFCC_FRAMES: "MFCC, shifted", LOG_MEL_FRAMES: "log-mel, shifted"}


VoterKey = tuple[str, int, int, float]
"""Source, layer, head and power of a voter, which its parameters do not change."""
VoterScores = dict[VoterKey, Floats]
"""Scores `[factor, t]` of one utterance."""


@dataclass(frozen=True, eq=False)
class ScoredVoting:
    """A tuned voting, and its counts `[utterance, count]`."""

    voting: Voting
    counts: Ints

    @property
    def standard_error(self) -> float:
        """Return the standard error of the R-value: a jackknife over utterances; 0 for a single utterance."""
        value = estimate(lambda counts: scores_of(counts)[..., R_VALUE], "utterance", self.counts.astype(float))
        return float(np.nan_to_num(standard_error(value)))


def search_votings(part: SearchPart, heads: Sequence[Head]) -> list[Voting]:
    """Return the tuned methods: spectral frames, the best head, the best ensemble, and attention with log-mel.

    All heads of a method have the same power of their rows, that of the highest R-value.

    Args:
        part: the validation part.
        heads: candidates, the best first; the search uses the first 12.
    """
    voters = tune_voters(part, _candidates(heads[:MAX_CANDIDATES]))
    scores = voter_scores(part, voters)

    def tuned(name: str, chosen: Sequence[Voter]) -> ScoredVoting:
        return _tune_sum(part, Voting(name, tuple(chosen), part.options.shifts, 0.0, np.nan), scores)

    spectral = {voter.source: voter for voter in voters if voter.source != ATTENTION}
    single = [tuned(name, [spectral[source]]) for source, name in SPECTRAL_NAMES.items()]
    best_heads: list[ScoredVoting] = []
    ensembles: list[list[ScoredVoting]] = []
    mixed: list[list[ScoredVoting]] = []
    for heads_first in _heads_by_power(voters):
        sizes = [size for size in SIZES if size <= len(heads_first)]
        best_heads.append(tuned(BEST_HEAD, heads_first[:1]))
        ensembles.append([tuned(ENSEMBLE, heads_first[:size]) for size in sizes[1:] or sizes])
        mixed.append([tuned(MIXED, _with_log_mel(heads_first[:size], spectral[LOG_MEL_FRAMES])) for size in sizes])
    chosen = [
        *single,
        _best(best_heads),
        *(smallest_of_the_best(max(by_power, key=_highest)) for by_power in (ensembles, mixed)),
    ]
    return [scored.voting for scored in chosen]


def _heads_by_power(voters: Sequence[Voter]) -> list[list[Voter]]:
    """Return the voters with a head, the best first, for each power."""
    return [[voter for voter in voters if voter.source == ATTENTION and voter.power == power] for power in POWERS]


def _best(scored: Sequence[ScoredVoting]) -> ScoredVoting:
    return max(scored, key=lambda item: item.voting.r_value)


def _highest(scored: Sequence[ScoredVoting]) -> float:
    return _best(scored).voting.r_value


def smallest_of_the_best(scored: Sequence[ScoredVoting]) -> ScoredVoting:
    """Return the first voting whose R-value is within one standard error of the highest."""
    best = _best(scored)
    lowest = best.voting.r_value - best.standard_error
    return next(item for item in scored if item.voting.r_value >= lowest)


def _candidates(heads: Sequence[Head]) -> list[Voter]:
    """Return voters without parameters."""
    spectral = [Voter(source, np.nan, np.nan) for source in SPECTRAL_NAMES]
    attention = [Voter(ATTENTION, np.nan, np.nan, *head, power=power) for head in heads for power in POWERS]
    return [*attention, *spectral]


def _with_log_mel(heads: Sequence[Voter], log_mel: Voter) -> list[Voter]:
    """Return the heads with log-mel, which has the weight of all heads together."""
    return [*heads, replace(log_mel, weight=float(len(heads)))]


def tune_voters(part: SearchPart, candidates: Sequence[Voter]) -> list[Voter]:
    """Return the candidates with the parameters of the highest R-value, the best first; without those that are flat."""
    n_alphas, n_betas = len(ALPHAS) - 2, len(BETAS) - 4
    totals = {voter: np.zeros((n_alphas * n_betas, 4), dtype=np.int64) for voter in candidates}

    def add(utterance: LabelledUtterance, features: dict[Voter, list[ShiftedFeatures]], times: Floats) -> None:
        for voter, runs in features.items():
            scores = _average_neighbours(shifted_scores(runs, ALPHAS, BETAS, times)).reshape(-1, len(times))
            totals[voter] += _counts(part, utterance, summed_score([scores], [1.0], part.level.first_smoothing))

    _visit(part, candidates, "tuning heads with shifts", add)
    best = {voter: int(np.argmax(scores_of(total)[:, R_VALUE])) for voter, total in totals.items() if total[:, 1].any()}
    ordered = sorted(best, key=lambda voter: -scores_of(totals[voter])[best[voter], R_VALUE])
    return [
        replace(voter, alpha=ALPHAS[1 + best[voter] // n_betas], beta=BETAS[2 + best[voter] % n_betas])
        for voter in ordered
    ]


def _average_neighbours(scores_abt: Floats) -> Floats:
    """Return the mean of each score and its neighbours in the grid, without the ends: that of `averaged_scores`."""
    over_a = (scores_abt[:-2] + scores_abt[1:-1] + scores_abt[2:]) / 3
    averaged: Floats = (over_a[:, :-4] + over_a[:, 2:-2] + over_a[:, 4:]) / len(BETA_FACTORS)
    return averaged


def voter_scores(part: SearchPart, voters: Sequence[Voter]) -> list[VoterScores]:
    """Return the scores `[factor, t]` of each voter, by head or source, for each utterance."""
    scores: list[VoterScores] = []

    def add(utterance: LabelledUtterance, features: dict[Voter, list[ShiftedFeatures]], times: Floats) -> None:
        scores.append({_key(voter): averaged_scores(runs, voter, FACTORS, times) for voter, runs in features.items()})

    _visit(part, voters, "tuning ensembles with shifts", add)
    return scores


def _tune_sum(part: SearchPart, voting: Voting, scores: Sequence[VoterScores]) -> ScoredVoting:
    """Return the voting with the factor of beta and the smoothing of the highest R-value."""
    counts_usfc = np.array(
        [_sum_counts(part, utterance, voting, own) for utterance, own in zip(part.utterances, scores, strict=True)]
    )
    r_values_sf = scores_of(counts_usfc.sum(axis=0))[..., R_VALUE]
    smoothing, factor = np.unravel_index(int(np.argmax(r_values_sf)), r_values_sf.shape)
    voters = tuple(replace(voter, beta=voter.beta * FACTORS[factor]) for voter in voting.voters)
    tuned = replace(
        voting, voters=voters, smoothing=part.level.smoothings[smoothing], r_value=float(r_values_sf[smoothing, factor])
    )
    return ScoredVoting(tuned, counts_usfc[:, smoothing, factor])


def _sum_counts(part: SearchPart, utterance: LabelledUtterance, voting: Voting, scores: VoterScores) -> Ints:
    """Return the counts `[smoothing, factor, count]` of the sum of a voting for one utterance."""
    own, weights = [scores[_key(voter)] for voter in voting.voters], [voter.weight for voter in voting.voters]
    total = summed_score(own, weights, 0.0)
    return np.array([_counts(part, utterance, smoothed(total, smoothing)) for smoothing in part.level.smoothings])


def _counts(part: SearchPart, utterance: LabelledUtterance, score_qt: Floats) -> Ints:
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


def _key(voter: Voter) -> VoterKey:
    return voter.source, voter.layer, voter.head, voter.power
