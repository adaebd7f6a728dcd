"""What a class of frames explains, from sums: equal to predicting each frame by the frames of other speakers."""

import numpy as np

from otoscope.attention_sinks.prediction import explained, squared_errors


def test_sums_give_the_errors_of_predicting_each_frame():
    rng = np.random.default_rng(0)
    group, kind, drawn = rng.integers(3, size=60), rng.integers(4, size=60), rng.normal(size=60)
    group[kind == 3] = 0  # a class that no other group has
    member = np.eye(4)[kind]
    frames = np.stack([member[group == g].sum(0) for g in range(3)])
    total = np.stack([(drawn[:, None] * member)[group == g].sum(0) for g in range(3)])
    squares = np.array([np.square(drawn[group == g]).sum() for g in range(3)])
    slow = np.zeros(3)
    for g, c, x in zip(group, kind, drawn, strict=True):
        same = drawn[(group != g) & (kind == c)]
        slow[g] += (x - (same if len(same) else drawn[group != g]).mean()) ** 2
    np.testing.assert_allclose(squared_errors(frames, total, squares), slow, rtol=1e-10)


def test_a_class_that_decides_explains_all_and_a_random_one_nothing():
    rng = np.random.default_rng(1)
    kind = rng.integers(2, size=(8, 500))
    drawn = 1.0 * kind
    for each, low, high in ((kind, 0.999, 1.0), (rng.integers(2, size=kind.shape), -0.05, 0.02)):
        member = np.eye(2)[each]
        share = explained(
            member.sum(1), (drawn[..., None] * member).sum(1)[..., None], np.square(drawn).sum(1)[:, None], "x", (-1,)
        )
        assert low <= float(share.value) <= high


def test_a_single_speaker_explains_nothing_that_can_be_known():
    share = explained(np.array([[2.0, 2.0]]), np.ones((1, 2, 1)), np.ones((1, 1)), "x", (-1,))
    assert np.isnan(share.value)
