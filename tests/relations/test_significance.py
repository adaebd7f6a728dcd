"""Operations are named with enough support, and at a false discovery rate over the whole run."""

import numpy as np
import pytest

from otoscope.errors import InputError
from otoscope.relations.label_totals import LabelTotals
from otoscope.relations.operations import operations
from otoscope.relations.options import RelationOptions
from otoscope.relations.significance import PhoneSupport, performed_operations, supported_operations

PHONES = ("sil", "aa", "s", "zh")


def slow_benjamini_hochberg(p: np.ndarray, rate: float) -> np.ndarray:
    """Reject the k smallest p-values, for the largest k with p(k) <= k / m * rate."""
    order = np.argsort(p)
    last = max((k for k in range(1, len(p) + 1) if p[order[k - 1]] <= k / len(p) * rate), default=0)
    rejected = np.zeros(len(p), bool)
    rejected[order[:last]] = True
    return rejected


@pytest.mark.parametrize("seed", range(5))
def test_operations_are_those_that_the_step_up_procedure_rejects_over_all_heads(seed: int) -> None:
    random = np.random.default_rng(seed)
    p_lhow = random.uniform(0, 1, (2, 3, 6, 2)) ** 4
    p_lhow[..., 1] = np.where(p_lhow[..., 0] < 0.5, 1.0, p_lhow[..., 1])
    p_lhow[0, 1] = np.nan
    supported = np.array([True, True, False, True, True, True])
    performed = performed_operations(p_lhow, supported, 0.05)
    tested = supported[:, None] & ~np.isnan(p_lhow)
    expected = np.zeros(p_lhow.shape, bool)
    expected[tested] = slow_benjamini_hochberg(p_lhow[tested], 0.05)
    np.testing.assert_array_equal(performed, expected[..., 0].astype(int) - expected[..., 1])
    assert (performed[0, 1] == 0).all()
    assert (performed[:, :, 2] == 0).all()


def test_heads_without_operations_have_false_ones_in_one_run_of_twenty() -> None:
    """Every p-value is uniform: the chance of any operation in a run is the rate."""
    random = np.random.default_rng(0)
    runs = [performed_operations(random.uniform(0, 1, (2, 4, 40, 2)), np.ones(40, bool), 0.05) for _ in range(400)]
    assert 0.02 < np.mean([performed.any() for performed in runs]) < 0.09


def test_support_counts_frames_utterances_and_speakers() -> None:
    totals = LabelTotals.empty(4)
    for index, phone_tr in enumerate(([[0, 0], [1, -1]], [[1, 1], [2, 2]], [[-1, 0]])):
        totals.add(index, np.array(phone_tr), index, "abb"[index])
    support = totals.support()
    assert support.frames.tolist() == [3, 3, 2, 0]
    assert support.utterances.tolist() == [2, 2, 1, 0]
    assert support.speakers.tolist() == [2, 2, 1, 0]


def test_a_phone_of_a_thousandth_of_the_frames_is_not_reported() -> None:
    support = PhoneSupport(np.array([500, 400, 99, 1]), np.array([9, 9, 9, 9]), np.array([2, 2, 2, 2]))
    assert support.select(RelationOptions()).tolist() == [True, True, True, False]
    targets = [operation.target for operation in operations(PHONES)]
    supported = dict(zip(targets, supported_operations(support, PHONES, RelationOptions()), strict=True))
    assert not supported["zh"]
    assert supported["fricatives"], "s and zh count together"
    assert supported["its own phone"]


def test_speakers_are_asked_only_of_a_corpus_with_several() -> None:
    few = PhoneSupport(np.array([50, 50]), np.array([9, 9]), np.array([2, 1]))
    assert few.select(RelationOptions()).tolist() == [True, False]
    assert few.select(RelationOptions(min_speakers=1)).tolist() == [True, True]
    unknown = PhoneSupport(np.array([50, 50]), np.array([9, 9]), np.array([0, 0]))
    assert unknown.select(RelationOptions()).tolist() == [True, True]
    assert unknown.select(RelationOptions(min_utterances=10)).tolist() == [False, False]


@pytest.mark.parametrize("options", [{"min_share": 2.0}, {"false_discovery_rate": 0.0}])
def test_options_out_of_range_are_refused_by_name(options: dict[str, float]) -> None:
    with pytest.raises(InputError, match=f"change --{next(iter(options)).replace('_', '-')}"):
        RelationOptions(**options)
