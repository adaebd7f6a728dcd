"""Scores of boundaries, by hand and against counting that is obvious: whole milliseconds, one pair at a time."""

import math

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from otoscope.errors import InputError
from otoscope.segmentation.boundaries import BoundaryCounts, count_boundaries, inner_boundaries, score_boundaries

TOLERANCE_MS = 20
times_ms = st.lists(st.integers(0, 40).map(lambda step: 5 * step), unique=True, max_size=12).map(sorted)


def counts(reference_ms, predicted_ms, strict=True):
    reference, predicted = (np.array(times) / 1000 for times in (reference_ms, predicted_ms))
    return count_boundaries(reference, predicted, TOLERANCE_MS / 1000, strict)


def slow_strict(reference_ms, predicted_ms):
    """References whose region, cut at the midpoints to its neighbours, holds a prediction; in half milliseconds."""
    hits = 0
    for before, time, after in zip([-(10**6), *reference_ms], reference_ms, [*reference_ms[1:], 10**6], strict=False):
        region = range(
            max(2 * (time - TOLERANCE_MS), before + time + 1), min(2 * (time + TOLERANCE_MS), time + after) + 1
        )
        hits += any(2 * predicted in region for predicted in predicted_ms)
    return hits


def largest_matching(reference_ms, predicted_ms):
    """Most pairs within the tolerance when each reference and each prediction is used once."""
    near = np.abs(np.subtract.outer(reference_ms, predicted_ms)) <= TOLERANCE_MS
    return int((maximum_bipartite_matching(csr_array(near.astype(int))) >= 0).sum()) if near.size else 0


@given(times_ms, times_ms)
@settings(max_examples=200)
@example([100, 130], [115])
@example([100, 120], [110, 115])
@example([100], [80])
@example([100], [120])
def test_strict_counts_equal_the_search_regions_written_out(reference, predicted):
    hits = slow_strict(reference, predicted)
    assert counts(reference, predicted) == BoundaryCounts(len(reference), len(predicted), hits, hits)


@given(times_ms, times_ms)
@settings(max_examples=200)
@example([100, 110], [105, 107])
def test_strict_hits_are_a_matching_and_never_more_than_the_largest(reference, predicted):
    assert counts(reference, predicted).hits <= largest_matching(reference, predicted)


@given(times_ms, times_ms)
@settings(max_examples=200)
def test_strict_hits_are_the_largest_matching_where_no_two_regions_meet(reference, predicted):
    reference = [time for i, time in enumerate(reference) if not i or time - reference[i - 1] > 2 * TOLERANCE_MS]
    assert counts(reference, predicted).hits == largest_matching(reference, predicted)


@given(times_ms, times_ms)
@settings(max_examples=200)
def test_lenient_counts_equal_every_pair_compared(reference, predicted):
    def near(time, others):
        return any(abs(time - other) <= TOLERANCE_MS for other in others)

    hits, correct = sum(near(r, predicted) for r in reference), sum(near(p, reference) for p in predicted)
    assert counts(reference, predicted, strict=False) == BoundaryCounts(len(reference), len(predicted), hits, correct)


@given(times_ms, times_ms)
@settings(max_examples=200)
def test_lenient_is_never_below_strict(reference, predicted):
    strict, lenient = counts(reference, predicted), counts(reference, predicted, strict=False)
    assert lenient.hits >= strict.hits
    assert lenient.correct >= strict.correct


@given(times_ms, times_ms)
def test_scores_are_the_printed_formulas_where_these_are_defined(reference, predicted):
    for strict in (True, False):
        counted = counts(reference, predicted, strict)
        assume(counted.hits and counted.correct)
        precision, recall = counted.correct / counted.predicted, counted.hits / counted.reference
        over = recall / precision - 1
        r1, r2 = math.sqrt((1 - recall) ** 2 + over**2), (-over + recall - 1) / math.sqrt(2)
        scored = counted.scores()
        assert scored.precision == precision
        assert scored.recall == recall
        assert scored.f1 == pytest.approx(2 / (1 / precision + 1 / recall))
        assert scored.over_segmentation == pytest.approx(over)
        assert scored.r_value == pytest.approx(1 - (abs(r1) + abs(r2)) / 2)


def test_one_prediction_between_two_references_serves_one_of_them():
    assert counts([100, 130], [115]) == BoundaryCounts(2, 1, 1, 1)
    assert counts([100, 130], [115], strict=False) == BoundaryCounts(2, 1, 2, 1)


def test_two_predictions_at_one_reference_are_one_hit_and_one_too_many():
    assert counts([100], [95, 105]) == BoundaryCounts(1, 2, 1, 1)
    assert counts([100], [95, 105], strict=False) == BoundaryCounts(1, 2, 1, 2)


def test_a_prediction_on_the_midpoint_belongs_to_the_earlier_reference():
    assert counts([100, 120], [110, 115]).hits == 2
    assert counts([100, 120], [105, 110]).hits == 1


@pytest.mark.parametrize("reference", [0.1, 0.3, 0.7, 1.1, 29.99])
def test_exactly_at_the_tolerance_counts_though_decimals_are_not_exact(reference):
    assert abs(0.3 - 0.32) > 0.02, "decimals are exact here: this test protects nothing"
    for predicted in (reference - 0.02, reference + 0.02):
        assert score_boundaries([reference], [predicted]).r_value == 1
    assert score_boundaries([reference], [reference + 0.0201]).recall == 0


def test_boundaries_at_the_edges_have_a_region_to_both_sides():
    assert counts([0, 200], [0, 200]).hits == 2
    assert count_boundaries([0.0], [-0.02]).hits == 1


def test_a_perfect_segmentation_and_an_utterly_wrong_one():
    assert score_boundaries([0.1, 0.2], [0.1, 0.2]) == score_boundaries([0.1, 0.2], [0.1, 0.2], strict=False)
    perfect, wrong = score_boundaries([0.1, 0.2], [0.1, 0.2]), score_boundaries([0.1, 0.2], [0.5, 0.6])
    assert (perfect.precision, perfect.recall, perfect.f1, perfect.over_segmentation, perfect.r_value) == (
        1,
        1,
        1,
        0,
        1,
    )
    assert (wrong.precision, wrong.recall, wrong.f1, wrong.over_segmentation) == (0, 0, 0, 0)
    assert wrong.r_value == pytest.approx(1 - (1 + 1 / math.sqrt(2)) / 2)


def test_the_r_value_of_a_published_point():
    """Räsänen et al. 2009: all found with as many again is over-segmentation 1, far below its recall of 1."""
    scored = score_boundaries([0.1, 0.3], [0.1, 0.2, 0.3, 0.4])
    assert (scored.recall, scored.over_segmentation) == (1, 1)
    assert scored.r_value == pytest.approx(1 - (1 + 1 / math.sqrt(2)) / 2)


@pytest.mark.parametrize("strict", [True, False])
def test_a_ratio_with_denominator_zero_is_nan_and_the_other_scores_are_defined(strict):
    without_predictions = score_boundaries([0.1, 0.2], [], strict=strict)
    assert math.isnan(without_predictions.precision)
    assert (without_predictions.recall, without_predictions.f1, without_predictions.over_segmentation) == (0, 0, -1)
    assert without_predictions.r_value == pytest.approx(1 - math.sqrt(2) / 2)
    without_references = score_boundaries([], [0.1], strict=strict)
    assert (without_references.precision, without_references.f1) == (0, 0)
    assert math.isnan(without_references.recall)
    assert math.isnan(without_references.r_value)
    assert all(map(math.isnan, vars(score_boundaries([], [], strict=strict)).values()))


def test_scores_of_a_corpus_come_from_pooled_counts_and_not_from_means():
    short, long = counts([100], [100]), counts([0, 50, 100, 150], [25])
    pooled = sum([short, long], BoundaryCounts())
    assert pooled == BoundaryCounts(reference=5, predicted=2, hits=1, correct=1)
    assert pooled.scores().recall == 1 / 5


@pytest.mark.parametrize("tolerance", [0, -0.01, math.nan, math.inf])
def test_a_tolerance_must_be_positive_and_finite(tolerance):
    with pytest.raises(InputError, match="expected a tolerance above 0 seconds"):
        score_boundaries([0.1], [0.1], tolerance)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        ([0.2, 0.1], r"ascending order and each time once, got 0\.2 s before 0\.1 s"),
        ([0.1, 0.2, 0.2], r"got 0\.2 s before 0\.2 s"),
        ([0.1, math.nan], "finite times"),
        ([math.inf], "finite times"),
        ([[0.1, 0.2]], "one row"),
        (0.1, "one row"),
    ],
)
def test_the_error_names_the_times_that_are_no_boundaries(times, message):
    with pytest.raises(InputError, match=f"expected reference boundaries.*{message}"):
        score_boundaries(times, [0.1])
    with pytest.raises(InputError, match=f"expected predicted boundaries.*{message}"):
        score_boundaries([0.1], times)


def test_reference_boundaries_are_between_labels():
    assert inner_boundaries([(0.0, 0.2), (0.2, 0.5)]).tolist() == [0.2]
    assert inner_boundaries([(0.0, 0.2), (0.2 + 1e-9, 0.5)]).tolist() == [0.2]
    assert inner_boundaries([(0.1, 0.2), (0.3, 0.5)]).tolist() == [0.2, 0.3]
    assert inner_boundaries([(0.0, 0.5)]).tolist() == inner_boundaries([]).tolist() == []
