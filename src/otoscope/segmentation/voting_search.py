"""Tune the methods that sum scores: alpha and beta of each voter, then the number of voters, beta and smoothing together.

All choices use the validation part alone.

Of several numbers of heads, the search takes the smallest whose R-value is within one standard error of the highest
(Breiman, Friedman, Olshen & Stone, Classification and Regression Trees, 1984, section 3.4.3). The highest of many
values on a few speakers is partly chance, and fewer heads need fewer layers. `voting_weights` chooses across speakers
instead.
"""  # noqa: E501

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from otoscope.results.intervals import estimate, standard_error
from otoscope.runs.part_map import PartMap
from otoscope.segmentation.comparison import R_VALUE, scores_of
from otoscope.segmentation.feature_methods import Head
from otoscope.segmentation.job import SegmentJob
from otoscope.segmentation.score_sum import smoothed, summed_score
from otoscope.segmentation.search_part import SearchPart
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.voter_parts import score_voters, tune_voters
from otoscope.segmentation.voter_tuning import FACTORS, VoterScores, minima_counts
from otoscope.segmentation.voters import (
    ATTENTION,
    BEST_HEAD,
    ENSEMBLE,
    LOG_MEL_FRAMES,
    MFCC_FRAMES,
    STATES,
    WEIGHTED,
    WEIGHTED_LOG_MEL,
    WEIGHTED_STATES,
    Voter,
    Voting,
)
from otoscope.segmentation.voting_weights import WeightSearch
from otoscope.typing import Ints

POWERS = (1 / 2, 1 / 3)
"""Powers of the rows of every head."""
MAX_CANDIDATES, MAX_LAYERS = 12, 6
"""Most heads, and most layers of hidden states."""
SIZES = (1, 2, 3, 4, 6, 8, 12)
"""Numbers of heads of a sum."""
SPECTRAL_NAMES = {MFCC_FRAMES: "MFCC, shifted", LOG_MEL_FRAMES: "log-mel, shifted"}


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


def search_votings(job: SegmentJob, parts: PartMap, heads: Sequence[Head], layers: Sequence[int]) -> list[Voting]:
    """Return the tuned methods: spectral frames, the best head, the best ensemble, and sums with weights.

    All heads of a method have the same power of their rows, that of the highest R-value.

    Args:
        job: the model, and the validation part.
        parts: the executor, and the folder that stores what it computes.
        heads: candidates, the best first; the search uses the first 12.
        layers: layers whose hidden states are candidates, the best first; the search uses the first 6.
    """
    voters = tune_voters(job, _candidates(heads[:MAX_CANDIDATES], layers[:MAX_LAYERS]), parts)
    if not voters:  # no candidate finds a boundary
        return []
    scores = score_voters(job, voters, parts)
    return [*_equal_sums(job.part, voters, scores), *_weighted_sums(job.part, voters, scores)]


def _equal_sums(part: SearchPart, voters: Sequence[Voter], scores: Sequence[VoterScores]) -> list[Voting]:
    """Return the methods whose voters have equal weights."""

    def tuned(name: str, chosen: Sequence[Voter]) -> ScoredVoting:
        return _tune_sum(part, Voting(name, tuple(chosen), part.options.shifts, 0.0, np.nan), scores)

    best_heads: list[ScoredVoting] = []
    ensembles: list[list[ScoredVoting]] = []
    for heads_first in filter(None, _heads_by_power(voters)):
        best_heads.append(tuned(BEST_HEAD, heads_first[:1]))
        groups = _first_heads(heads_first)
        ensembles.append([tuned(ENSEMBLE, group) for group in groups[1:] or groups])
    chosen = [tuned(name, own) for source, name in SPECTRAL_NAMES.items() if (own := _of_source(voters, source))]
    if best_heads:
        chosen += [_best(best_heads), smallest_of_the_best(max(ensembles, key=_highest))]
    return [scored.voting for scored in chosen]


def _weighted_sums(part: SearchPart, voters: Sequence[Voter], scores: Sequence[VoterScores]) -> list[Voting]:
    """Return the methods whose weights are learned: heads alone, with hidden states, and with log-mel."""
    search = WeightSearch(part, voters, scores)
    groups = [group for heads_first in _heads_by_power(voters) for group in _first_heads(heads_first)]
    others = {WEIGHTED: [], WEIGHTED_STATES: _of_source(voters, STATES)}
    others[WEIGHTED_LOG_MEL] = _of_source(voters, LOG_MEL_FRAMES)
    votings = [search.best(name, [[*group, *own] for group in groups]) for name, own in others.items() if groups]
    return [voting for voting in votings if voting]


def _first_heads(heads: Sequence[Voter]) -> list[Sequence[Voter]]:
    """Return the first heads, in each of the numbers of `SIZES`."""
    return [heads[:size] for size in SIZES if size <= len(heads)]


def _of_source(voters: Sequence[Voter], source: str) -> list[Voter]:
    return [voter for voter in voters if voter.source == source]


def _heads_by_power(voters: Sequence[Voter]) -> list[list[Voter]]:
    """Return the voters with a head, the best first, for each power."""
    return [[voter for voter in _of_source(voters, ATTENTION) if voter.power == power] for power in POWERS]


def _best(scored: Sequence[ScoredVoting]) -> ScoredVoting:
    return max(scored, key=lambda item: item.voting.r_value)


def _highest(scored: Sequence[ScoredVoting]) -> float:
    return _best(scored).voting.r_value


def smallest_of_the_best(scored: Sequence[ScoredVoting]) -> ScoredVoting:
    """Return the first voting whose R-value is within one standard error of the highest."""
    best = _best(scored)
    lowest = best.voting.r_value - best.standard_error
    return next(item for item in scored if item.voting.r_value >= lowest)


def _candidates(heads: Sequence[Head], layers: Sequence[int]) -> list[Voter]:
    """Return voters without parameters."""
    attention = [Voter(ATTENTION, np.nan, np.nan, *head, power=power) for head in heads for power in POWERS]
    states = [Voter(STATES, np.nan, np.nan, layer) for layer in layers]
    return [*attention, *states, *(Voter(source, np.nan, np.nan) for source in SPECTRAL_NAMES)]


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
    total = summed_score([scores[voter.key] for voter in voting.voters], voting)
    return np.array([minima_counts(part, utterance, smoothed(total, smoothing)) for smoothing in part.level.smoothings])
