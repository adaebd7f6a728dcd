"""Attention between phones: by hand, and against double sums on up-sampled maps; invalid labels raise."""

import itertools

import numpy as np
import pytest
import torch

from otoscope.attention.inputs import AttentionOptions
from otoscope.attention.kernels.torch_tiles import attend
from otoscope.attention.labels import Labels
from otoscope.errors import InputError
from otoscope.statistics import available_statistics

PHONES = ["a", "b", "c"]
STATISTICS = available_statistics(PHONES)
BY_PHONE = ("relation", "own_run")

A = np.array([[1, 0, 0], [0.5, 0.5, 0], [0.25, 0.25, 0.5]])


def measured(A: np.ndarray, phone_tr: list | np.ndarray, names: tuple[str, ...] = BY_PHONE) -> dict[str, np.ndarray]:
    """Statistics of a map by the kernel: with equal scores, a bias of ln A gives A itself."""
    zero = torch.zeros(1, 1, len(A), 1, dtype=torch.float64)
    needs = frozenset().union(*(STATISTICS[name].requires for name in names))
    labels = Labels(torch.as_tensor(np.array(phone_tr)), 3)
    bias = torch.from_numpy(np.log(A, where=A > 0, out=np.full_like(A, -np.inf)))
    _, [reductions] = attend(zero, zero, zero, AttentionOptions(scaling=1.0, bias=bias, needs=needs, labels=[labels]))
    return {name: STATISTICS[name].compute(reductions)[0].numpy() for name in names}


def up_sampled_by_hand(A: np.ndarray, phone_tr: np.ndarray) -> np.ndarray:
    """P' in plain loops: weights repeated, every row normalised again, then the method's double sum."""
    R, T = phone_tr.shape[1], phone_tr.size
    phone = [phone_tr[t, r] for t in range(len(A)) for r in range(R)]
    relation = np.zeros((3, 3))
    for q in range(T):
        row = [A[q // R, k // R] for k in range(T)]
        for k in range(T):
            relation[phone[q], phone[k]] += row[k] / sum(row) / T
    return relation


def test_one_label_frame_to_a_frame_by_hand() -> None:
    """Frames a, a, b: from a to a 1 + 1/2 + 1/2 of 3; from b to a 1/4 + 1/4, to b 1/2."""
    statistics = measured(A, [[0], [0], [1]])
    np.testing.assert_allclose(statistics["relation"], np.array([[2, 0, 0], [0.5, 0.5, 0], [0, 0, 0]]) / 3, atol=1e-15)
    np.testing.assert_allclose(statistics["own_run"], np.array([2, 0.5, 0]) / 3, atol=1e-15)


def test_a_phone_that_comes_again_is_another_run() -> None:
    """Frames a, b, a: the last a gives 1/4 to the first one, which is not its own run."""
    statistics = measured(A, [[0], [1], [0]])
    np.testing.assert_allclose(statistics["relation"][0], np.array([1 + 0.25 + 0.5, 0.25, 0]) / 3, atol=1e-15)
    np.testing.assert_allclose(statistics["own_run"], np.array([1 + 0.5, 0.5, 0]) / 3, atol=1e-15)


def test_a_frame_between_two_phones_belongs_to_both_by_share() -> None:
    """Frame 1 is half a, half b: half of its row counts for a and half for b, and so does its column."""
    relation = measured(A, [[0, 0], [0, 1], [1, 1]])["relation"]
    from_a, to_b = 1 + 0.5 * (0.5 + 0.25), 0.5 * 0.25
    np.testing.assert_allclose(relation[0], np.array([from_a, to_b, 0]) / 3, atol=1e-15)


def test_frames_without_a_phone_are_excluded_and_the_rest_sums_to_one() -> None:
    """Frames a, none, b: 1 from a to a, 1/4 and 1/2 from b; the other quarter and all of frame 1 do not count."""
    statistics = measured(A, [[0], [-1], [1]])
    np.testing.assert_allclose(
        statistics["relation"], np.array([[1, 0, 0], [0.25, 0.5, 0], [0, 0, 0]]) / 1.75, atol=1e-15
    )
    assert statistics["relation"].sum() == pytest.approx(1)


def test_own_run_by_offset_by_hand() -> None:
    """Frames a, a, b: 2/3 on each of 3 pairs at offset 0, all in a run; of 2 pairs at -1, one; of 1 at -2, none."""
    scalars = measured(A, [[0], [0], [1]], ("own_run_share", "own_run_by_offset"))
    assert scalars["own_run_share"] == pytest.approx(2.5 / 3)
    assert scalars["own_run_by_offset"] == pytest.approx(2 / 3 + 1 / 8)


def test_attention_by_offset_alone_has_the_own_run_share_that_its_offsets_give() -> None:
    """Each frame attends to itself and to the frames two before and after it."""
    band = sum(np.eye(40, k=d) for d in (-2, 0, 2)) / 3
    scalars = measured(band, np.arange(40)[:, None] // 7 % 3, ("own_run_share", "own_run_by_offset"))
    assert scalars["own_run_share"] == pytest.approx(scalars["own_run_by_offset"], abs=0.01)  # but for the ends


def test_an_utterance_without_labels_has_no_relations() -> None:
    assert all((values == 0).all() for values in measured(A, [[-1, -1]] * 3).values())


@pytest.mark.parametrize(("T", "R"), list(itertools.product((1, 5, 40), (1, 2, 3, 4))))
def test_equals_the_double_sum_on_the_up_sampled_map(T: int, R: int) -> None:
    random = np.random.default_rng(10 * T + R)
    attention = random.dirichlet(np.ones(T) / 2, size=T)
    phone_tr = random.integers(0, 3, T).repeat(random.integers(1, 2 * R, T))
    phone_tr = np.resize(phone_tr, (T, R))
    relation = measured(attention, phone_tr)["relation"]
    np.testing.assert_allclose(relation, up_sampled_by_hand(attention, phone_tr), atol=1e-14)
    assert relation.sum() == pytest.approx(1, abs=1e-13)


def test_labels_that_change_with_every_label_frame_are_measured_correctly() -> None:
    """As many runs as label frames, over several tiles of queries."""
    random = np.random.default_rng(0)
    attention = random.dirichlet(np.ones(300), size=300)
    phone_tr = np.arange(600).reshape(300, 2) % 3
    for name in BY_PHONE:
        expected = STATISTICS[name].reference(attention, phone_tr, PHONES)
        np.testing.assert_allclose(measured(attention, phone_tr)[name], expected, atol=1e-14)


def test_labels_are_required_and_must_fit() -> None:
    states = torch.ones(2, 1, 6, 2)
    five, six = (Labels(torch.zeros(T, 1, dtype=torch.int64), 1) for T in (5, 6))
    with pytest.raises(InputError, match="label_mass require the phone of every frame; pass labels"):
        attend(states, states, states, AttentionOptions(scaling=1.0, needs={"label_mass"}))
    for wrong in ([six, six], [six], [six, five, five]):
        with pytest.raises(InputError, match=r"labels must have \[6, 5\] frames"):
            attend(
                states,
                states,
                states,
                AttentionOptions(scaling=1.0, lengths=[6, 5], needs={"label_mass"}, labels=wrong),
            )
