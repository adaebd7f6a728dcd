"""Scores and intervals of a comparison equal those of utterances that the test resamples itself."""

import numpy as np
import pytest

from otoscope.results import Bootstrap
from otoscope.results.bootstrap import resample_weights
from otoscope.segmentation.boundaries import BoundaryCounts
from otoscope.segmentation.comparison import MEASURES, compare

UTTERANCES, SEGMENTERS = 7, 3


@pytest.fixture(scope="module")
def counts():
    """Counts [utterance, segmenter, mode, count] with no more hits than boundaries."""
    generator = np.random.default_rng(0)
    reference, predicted = generator.integers(5, 30, size=(2, UTTERANCES, SEGMENTERS, 2))
    hits = (generator.random((2, UTTERANCES, SEGMENTERS, 2)) * np.minimum(reference, predicted)).astype(int)
    return np.stack([reference, predicted, hits[0], hits[0]], axis=-1)


def pooled(counts, utterances, segmenter, mode):
    """Scores of some utterances, one by one; an utterance may be there several times."""
    rows = [BoundaryCounts(*map(int, counts[u, segmenter, mode])) for u in utterances]
    return sum(rows, BoundaryCounts()).scores()


def test_scores_are_those_of_pooled_counts(counts):
    compared = compare(counts)
    for segmenter in range(SEGMENTERS):
        for mode in range(2):
            expected = pooled(counts, range(UTTERANCES), segmenter, mode)
            for i, name in enumerate(MEASURES):
                assert compared.scores[segmenter, mode, i] == getattr(expected, name)


def test_intervals_are_quantiles_over_utterances_drawn_again(counts):
    bootstrap = Bootstrap(resamples=60, seed=3)
    compared = compare(counts, bootstrap)
    times = (np.concatenate(list(resample_weights(UTTERANCES, bootstrap))) * UTTERANCES).round().astype(int)
    draws = [np.repeat(np.arange(UTTERANCES), n) for n in times]
    assert {len(draw) for draw in draws} == {UTTERANCES}
    r_values = np.array([[pooled(counts, draw, s, 0).r_value for s in range(SEGMENTERS)] for draw in draws])
    r_value = MEASURES.index("r_value")
    np.testing.assert_allclose(compared.interval[:, 0, r_value], np.quantile(r_values, [0.025, 0.975], axis=0).T)
    gains = r_values - r_values[:, :1]
    np.testing.assert_allclose(compared.gain_interval, np.quantile(gains, [0.025, 0.975], axis=0).T)
    assert compared.gain[0] == 0


def test_one_utterance_has_scores_and_no_interval(counts):
    compared = compare(counts[:1])
    assert np.isfinite(compared.scores).all()
    assert np.isnan(compared.interval).all()
    assert np.isnan(compared.gain_interval).all()
