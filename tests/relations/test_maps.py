"""Relations compared with uniform attention equal plain loops; undefined values and intervals are NaN."""

import numpy as np
import pytest
from scipy import stats

from otoscope.phones import LabelFrames
from otoscope.phones.inventory import PhoneInventory
from otoscope.relations.baseline import baselines
from otoscope.relations.dataset import Relations, relation_dataset
from otoscope.relations.preference import concentration, exclude_own_run, preference
from otoscope.relations.significance import PhoneSupport

PHONES = ("sil", "iy", "s")
SUPPORT = PhoneSupport(*np.full((3, 3), 99))


def sums(relation_f: np.ndarray, own_f: np.ndarray | None = None, uniform_f: np.ndarray | None = None) -> Relations:
    """One layer of one head, one utterance to a cluster."""
    own_run = np.zeros((len(relation_f), len(PHONES))) if own_f is None else own_f
    uniform = np.full(relation_f.shape, 1 / 9) if uniform_f is None else uniform_f
    return Relations(relation_f[:, None, None], own_run[:, None, None], uniform, uniform)


def drawn(utterances: int) -> np.ndarray:
    random = np.random.default_rng(0).random((utterances, 3, 3))
    return random / random.sum((1, 2), keepdims=True)


def test_the_baseline_is_the_relation_of_uniform_attention() -> None:
    """Plain loops over all pairs of label frames, without those in one run for the second."""
    random = np.random.default_rng(0)
    phone = random.integers(-1, 3, 30).repeat(random.integers(1, 5, 30))
    run = np.cumsum(np.diff(phone, prepend=-2) != 0)
    all_pairs, rest = np.zeros((3, 3)), np.zeros((3, 3))
    for q in range(len(phone)):
        for k in range(len(phone)):
            if phone[q] >= 0 and phone[k] >= 0:
                all_pairs[phone[q], phone[k]] += 1
                rest[phone[q], phone[k]] += run[q] != run[k]
    relations = baselines(phone.reshape(-1, 1), 3)
    np.testing.assert_allclose(relations[0], all_pairs / all_pairs.sum(), atol=1e-15)
    np.testing.assert_allclose(relations[1], rest / all_pairs.sum(), atol=1e-15)


def test_what_never_occurs_is_undefined_and_not_counted() -> None:
    """The pair (s, s) never occurs: P is NaN there, and C of s is the mean over the other two phones."""
    relation, uniform = np.full((3, 3), 1 / 8), np.full((3, 3), 1 / 8)
    relation[2, 2] = uniform[2, 2] = 0
    relation[0, 2], relation[1, 1] = 2 / 8, 0
    preferred = preference(relation, uniform)
    assert np.isnan(preferred[2, 2])
    np.testing.assert_allclose(concentration(preferred), [0, -1 / 3, 1 / 2], atol=1e-15)


def test_the_mean_is_over_utterances_and_preferences_are_of_the_means() -> None:
    """P' and P_U are averaged first, then compared: not a mean of ratios."""
    relation, uniform = drawn(4), drawn(8)[4:]
    dataset = relation_dataset(sums(relation, uniform_f=uniform), np.ones(4, int), PHONES, "utterance", SUPPORT)
    np.testing.assert_allclose(dataset["relation"][0, 0], relation.mean(axis=0))
    np.testing.assert_allclose(dataset["preference"][0, 0], relation.mean(axis=0) / uniform.mean(axis=0) - 1)
    np.testing.assert_allclose(dataset["concentration"][0, 0], dataset["preference"][0, 0].mean("query_phone"))


def test_intervals_are_those_of_a_written_out_jackknife() -> None:
    relation, uniform = drawn(12), drawn(24)[12:]
    dataset = relation_dataset(sums(relation, uniform_f=uniform), np.ones(12, int), PHONES, "utterance", SUPPORT)
    rest = [np.delete(np.arange(12), utterance) for utterance in range(12)]
    ratios = np.array([relation[others].mean(axis=0) / uniform[others].mean(axis=0) for others in rest])
    ratio = relation.mean(axis=0) / uniform.mean(axis=0)
    for name, value, replicates, pairs in (
        ("preference", ratio, ratios, uniform),
        ("concentration", ratio.mean(axis=0), ratios.mean(axis=1), uniform.sum(axis=1)),
    ):
        effective = pairs.sum(axis=0) ** 2 / (pairs**2).sum(axis=0)
        assert (effective < 12).all()
        deviation = np.log(replicates) - np.log(replicates).mean(axis=0)
        margin = stats.t.ppf(0.975, effective - 1) * np.sqrt(11 / 12 * np.square(deviation).sum(axis=0))
        expected = np.stack([value * np.exp(-margin), value * np.exp(margin)], axis=-1) - 1
        np.testing.assert_allclose(dataset[f"{name}_interval"][0, 0], expected, rtol=1e-5, atol=1e-6)


def test_a_pair_of_few_utterances_has_the_interval_of_few() -> None:
    """Two utterances have the pair, so one degree of freedom: as wide as if the other ten did not exist."""
    relation, uniform = drawn(12), drawn(24)[12:]
    relation[2:, 2, 2] = uniform[2:, 2, 2] = 0
    few = relation_dataset(sums(relation, uniform_f=uniform), np.ones(12, int), PHONES, "utterance", SUPPORT)
    ratios = relation[:2, 2, 2] / uniform[:2, 2, 2]
    low, high = few["preference_interval"][0, 0, 2, 2].values + 1
    assert high / low > (ratios.max() / ratios.min()) ** 6


def test_a_pair_of_one_utterance_has_a_value_and_no_interval() -> None:
    """Its variance is unknown."""
    relation, uniform = drawn(12), drawn(24)[12:]
    relation[1:, 2, 2] = uniform[1:, 2, 2] = 0
    dataset = relation_dataset(sums(relation, uniform_f=uniform), np.ones(12, int), PHONES, "utterance", SUPPORT)
    assert np.isfinite(dataset["preference"][0, 0, 2, 2])
    assert np.isnan(dataset["preference_interval"][0, 0, 2, 2]).all()
    assert np.isfinite(dataset["preference_interval"][0, 0, 1, 1]).all()


def test_clusters_without_labelled_utterances_take_no_part_and_one_utterance_has_no_interval() -> None:
    relation = drawn(2)
    relation[1] = 0
    dataset = relation_dataset(sums(relation), np.array([1, 0]), PHONES, "utterance", SUPPORT)
    np.testing.assert_allclose(dataset["relation"][0, 0], relation[0])
    assert np.isnan(dataset["preference_interval"]).all()
    assert (dataset["operations"] == "").all()


def test_heads_that_a_layer_lacks_have_no_relations() -> None:
    between = np.stack([drawn(4), np.full((4, 3, 3), np.nan)], axis=1)[:, None]
    own_run = between.diagonal(axis1=-2, axis2=-1) / 2
    uniform = np.full((4, 3, 3), 1 / 9)
    dataset = relation_dataset(
        Relations(between, own_run, uniform, uniform), np.ones(4, int), PHONES, "utterance", SUPPORT
    )
    for name in ("relation", "preference", "concentration", "preference_elsewhere", "operation_effect"):
        assert np.isnan(dataset[name][0, 1]).all(), name
        assert np.isfinite(dataset[name][0, 0]).any(), name
    assert dataset["operations"][0, 1] == ""
    for ending in ("", "_interval"):
        np.testing.assert_allclose(
            dataset[f"layer_effect{ending}"][0], dataset[f"operation_effect{ending}"][0, 0], rtol=1e-6
        )


def test_without_the_own_run_rows_are_not_normalised_again() -> None:
    relation = drawn(1)[0]
    rest = exclude_own_run(relation, np.diagonal(relation) / 2)
    assert rest.sum() == pytest.approx(1 - np.trace(relation) / 2)
    np.testing.assert_allclose(rest - np.diag(np.diagonal(rest)), relation - np.diag(np.diagonal(relation)))


@pytest.mark.parametrize(
    ("frames", "expected"),
    [
        (LabelFrames.for_model(0.01, 0.0), [[0], [0], [1], [1]]),  # one label frame to a frame, centred on 0, 10 ... ms
        (LabelFrames.for_model(0.02, 0.0125), [[0, 0], [1, 1], [-1, 2], [2, 2]]),  # 7.5, 17.5 | 27.5, 37.5 | 47.5 ...
        (LabelFrames.for_model(0.03, 0.01), [[0, 0, 1], [1, 1, 2], [2, 2, 2], [-1, -1, -1]]),  # 0, 10, 20 | 30 ...
    ],
)
def test_each_label_frame_has_the_phone_at_its_centre(frames: LabelFrames, expected: list) -> None:
    spans = [("h#", 0.0, 0.02), ("iy", 0.02, 0.045), ("s", 0.05, 0.09)]
    inventory = PhoneInventory.of(["h#", "iy", "s"])
    assert inventory.phones == ("sil", "iy", "s")
    assert inventory.label(spans, 4, frames).tolist() == expected


def test_unknown_symbols_are_kept_and_listed() -> None:
    inventory = PhoneInventory.of(["h#", "iy", "ix", "s", "t", "q"])
    assert "q" in inventory.phones
    assert inventory.unknown == ("q",)
