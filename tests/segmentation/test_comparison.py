"""Scores and intervals of a comparison equal those of a jackknife that the test writes out itself."""

import numpy as np
import pytest
from scipy import stats

from otoscope.segmentation.boundaries import BoundaryCounts
from otoscope.segmentation.comparison import MEASURES, compare
from otoscope.statistics.clusters import make_clusters

UTTERANCES, SEGMENTERS = 7, 3
CLUSTERS = make_clusters([""] * UTTERANCES, [f"u{u}" for u in range(UTTERANCES)])


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
    compared = compare(counts, CLUSTERS)
    for segmenter in range(SEGMENTERS):
        for mode in range(2):
            expected = pooled(counts, range(UTTERANCES), segmenter, mode)
            for i, name in enumerate(MEASURES):
                assert compared.scores[segmenter, mode, i] == getattr(expected, name)


def test_intervals_are_those_of_a_written_out_jackknife(counts):
    compared = compare(counts, CLUSTERS)
    rest = [np.delete(np.arange(UTTERANCES), u) for u in range(UTTERANCES)]
    r_values = np.array([[pooled(counts, others, s, 0).r_value for s in range(SEGMENTERS)] for others in rest])
    for values, ends, center in (
        (r_values, compared.interval[:, 0, MEASURES.index("r_value")], compared.scores[:, 0, -1]),
        (r_values - r_values[:, :1], compared.gain_interval, compared.gain),
    ):
        variance = (UTTERANCES - 1) / UTTERANCES * np.square(values - values.mean(axis=0)).sum(axis=0)
        margin = stats.t.ppf(0.975, UTTERANCES - 1) * np.sqrt(variance)
        np.testing.assert_allclose(ends, np.stack([center - margin, center + margin], axis=-1), atol=1e-12)
    assert compared.gain[0] == 0


def test_one_utterance_has_scores_and_no_interval(counts):
    compared = compare(counts[:1], CLUSTERS.select([0]))
    assert np.isfinite(compared.scores).all()
    assert np.isnan(compared.interval).all()
    assert np.isnan(compared.gain_interval).all()
