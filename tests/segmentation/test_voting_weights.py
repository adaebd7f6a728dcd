"""Weights equal ridge regression written out, and their R-value that of speakers whose labels they did not use."""

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d

import otoscope
from otoscope.segmentation.boundaries import BoundaryCounts, count_boundaries
from otoscope.segmentation.score_sum import STEP, minima_of_sum, summed_score
from otoscope.segmentation.search_part import SearchPart
from otoscope.segmentation.split import LabelledUtterance
from otoscope.segmentation.voter_tuning import FACTORS
from otoscope.segmentation.voters import Voter
from otoscope.segmentation.voting_weights import RIDGE, WeightSearch

VOTERS = [Voter("attention", 0.2, 1.4, layer, 0, power=0.5) for layer in range(3)]
SECONDS = 2.0


def utterance(generator, speaker):
    times = np.cumsum(generator.uniform(0.05, 0.15, 12)).round(3)
    units = [("a", start, end) for start, end in pairwise(times)]
    cut = SimpleNamespace(duration=SECONDS, supervisions=[SimpleNamespace(speaker=speaker)])
    return LabelledUtterance([cut], 0, units)


def scores_of_voters(generator, own):
    """Scores that are low near boundaries, with noise; the first voter has the least."""
    times = STEP * np.arange(int(SECONDS / STEP) + 1)
    near = np.exp(-0.5 * (np.abs(times[:, None] - own.boundaries).min(axis=1) / 0.012) ** 2)
    noise = gaussian_filter1d(generator.normal(size=(len(VOTERS), len(times))), 3)
    rows = [np.exp(-near + (0.1 + 0.3 * place) * noise[place]) for place in range(len(VOTERS))]
    return {voter.key: np.stack([row] * len(FACTORS)) for voter, row in zip(VOTERS, rows, strict=True)}


@pytest.fixture(scope="module")
def search():
    generator = np.random.default_rng(0)
    utterances = [utterance(generator, speaker) for speaker in "aabbc"]
    scores = [scores_of_voters(generator, own) for own in utterances]
    return WeightSearch(SearchPart(None, utterances, otoscope.SegmentationOptions()), VOTERS, scores)


def columns_of(search, place):
    """Predictors of one utterance, one by one: the roots of scores 15 ms before, at and after each time."""
    columns = []
    for voter in VOTERS:
        root = np.sqrt(search.scores[place][voter.key][0])
        columns += [root[np.clip(np.arange(len(root)) + lag, 0, len(root) - 1)] for lag in (-3, 0, 3)]
    return np.stack(columns, axis=1)


def target_of(own, n_times):
    times = STEP * np.arange(n_times)
    return np.array([np.exp(-0.5 * (min(abs(t - b) for b in own.boundaries) / 0.010) ** 2) for t in times])


def ridge(search, places):
    """Weights by least squares on rows that are added for the penalty, the constant removed by a free column."""
    x = np.concatenate([columns_of(search, place) for place in places])
    y = np.concatenate([target_of(search.part.utterances[place], len(columns_of(search, place))) for place in places])
    rows = np.sqrt(RIDGE * np.square(x).sum(axis=0).mean()) * np.eye(x.shape[1])
    augmented = np.block([[x, np.ones((len(x), 1))], [rows, np.zeros((len(rows), 1))]])
    return np.linalg.lstsq(augmented, np.concatenate([y, np.zeros(len(rows))]), rcond=None)[0][:-1]


def test_the_weights_are_those_of_ridge_regression_on_all_utterances(search):
    voting = search.best("sum", [VOTERS])
    expected = -len(VOTERS) * ridge(search, range(5)).reshape(len(VOTERS), 3)
    np.testing.assert_allclose([voter.weights for voter in voting.voters], expected, atol=1e-9)
    total = summed_score([search.scores[0][voter.key] for voter in voting.voters], voting)[0]
    np.testing.assert_allclose(total, -columns_of(search, 0) @ ridge(search, range(5)), atol=1e-9)


def test_the_r_value_is_that_of_speakers_whose_labels_the_weights_did_not_use(search):
    voting = search.best("sum", [VOTERS])
    counts = BoundaryCounts()
    for places in ([0, 1], [2, 3], [4]):
        weights = ridge(search, [place for place in range(5) if place not in places])
        for place in places:
            total = -columns_of(search, place) @ weights
            if voting.smoothing:
                total = gaussian_filter1d(total, voting.smoothing / STEP, mode="nearest")
            counts += count_boundaries(search.part.utterances[place].boundaries, minima_of_sum(total).times)
    assert voting.r_value == pytest.approx(counts.scores().r_value, abs=1e-12)


def test_the_best_group_is_chosen_and_a_single_utterance_has_no_weights(search):
    both = search.best("sum", [VOTERS[2:], VOTERS])
    assert len(both.voters) == len(VOTERS)
    one = SearchPart(None, search.part.utterances[:1], search.part.options)
    assert WeightSearch(one, VOTERS, search.scores[:1]).best("sum", [VOTERS]) is None
