"""Strict F1 and the ROC area of confidence, by hand and against plain loops."""

import numpy as np
import pytest

from otoscope.alignment.aligner import Side
from otoscope.alignment.text_scores import TimedText, roc_area, roc_points, score_confidence, score_texts, text_table


def timed(speaker, labels, words, label_ends, ends, confidence):
    times, label_times = {side: np.array(ends) for side in Side}, dict.fromkeys(Side, np.array(label_ends))
    return TimedText(speaker, labels.split(), words.split(), label_times, times, {"confidence": confidence})


TEXTS = [
    timed("a", "she had your suit", "she had a suit", [0.1, 0.2, 0.3, 0.4], [0.11, 0.24, 0.3, 0.7], np.full(4, 0.9)),
    timed("b", "oh no", "oh no no", [1.0, 2.0], [1.09, 2.0, 2.1], np.array([0.8, 0.7, 0.1])),
    timed("b", "yes", "", [0.5], [], np.zeros(0)),
]


def test_a_word_counts_if_it_is_the_same_and_within_the_tolerance():
    score = score_texts("aligner", Side.end, TEXTS)
    # labels 7, words 7; right within 20 ms: she, no; within 50: had too; within 100: oh too; suit is 300 ms late
    assert score.f1 == pytest.approx((2 * 2 / 14, 2 * 3 / 14, 2 * 4 / 14, 2 * 4 / 14))
    assert (score.labels, score.words) == (7, 7)


def test_inserted_and_substituted_words_are_wrong():
    assert TEXTS[0].is_wrong.tolist() == [False, False, True, False]
    assert TEXTS[1].is_wrong.sum() == 1
    score = score_confidence("confidence", TEXTS)
    assert (score.wrong, score.words) == (2, 7)
    table = text_table([score_texts("aligner", Side.end, TEXTS)], [score])
    assert "2 of 7 written words are wrong" in table
    assert f"confidence     {score.area:.3f}" in table


def test_a_point_of_the_curve_is_the_share_of_wrong_words_below_a_share_of_right_ones():
    random = np.random.default_rng(0)
    wrong, right = random.uniform(0, 0.6, 50), random.uniform(0.2, 1, 200)
    for share, alarms in zip(roc_points(wrong, right), (0.05, 0.1, 0.2), strict=True):
        limit = next(value for value in np.sort(right) if np.mean(right < value) >= alarms - 0.005)
        assert share == pytest.approx(np.mean(wrong < limit), abs=0.04)
    assert roc_points(wrong, np.zeros(0)) == ()


def test_the_area_is_the_share_of_pairs_in_order():
    random = np.random.default_rng(0)
    wrong, right = random.integers(0, 9, 20) / 10, random.integers(1, 12, 30) / 10
    pairs = [(low < high) + 0.5 * (low == high) for low in wrong for high in right]
    assert roc_area(wrong, right) == pytest.approx(np.mean(pairs))
    assert np.isnan(roc_area(wrong, np.zeros(0)))
