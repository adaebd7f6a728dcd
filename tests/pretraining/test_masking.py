"""Masking hides the share of frames that the method names, in runs, by one dice per utterance."""

import itertools

import numpy as np
import pytest

from otoscope.pretraining.masking import Masking, choose_frames, hide_frames

SEEDS = 2000


def runs_of(chosen: np.ndarray) -> list[int]:
    return [len(list(group)) for value, group in itertools.groupby(chosen.tolist()) if value]


def expected_share(length: int, span: int, runs: int) -> float:
    """Share of frames under at least one of `runs` different random starts, frame by frame."""
    starts = length - span + 1
    missed = 0.0
    for frame in range(length):
        covering = sum(start <= frame < start + span for start in range(starts))
        missed += np.prod([(starts - covering - i) / (starts - i) for i in range(runs)])
    return 1 - missed / length


@pytest.mark.parametrize("span", [1, 3, 6, 9])
@pytest.mark.parametrize("length", [40, 200, 333])
def test_the_share_of_hidden_frames_is_what_random_runs_cover(length: int, span: int) -> None:
    masking = Masking(span=span)
    shares = [choose_frames(length, masking, np.random.default_rng(seed)).mean() for seed in range(SEEDS)]
    expected = expected_share(length, span, max(1, int(length * 0.15) // span))
    assert abs(np.mean(shares) - expected) <= 4 * np.std(shares) / SEEDS**0.5 + 1e-12
    assert max(shares) <= max(0.15, span / length)


@pytest.mark.parametrize("length", [10, 57, 400])
def test_hidden_frames_stand_in_runs_of_at_least_span(length: int) -> None:
    for seed in range(200):
        chosen = choose_frames(length, Masking(span=4), np.random.default_rng(seed))
        assert chosen.shape == (length,)
        assert min(runs_of(chosen)) >= 4


@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 6])
def test_a_short_utterance_has_one_run_that_ends_inside_it(length: int) -> None:
    for seed in range(50):
        assert runs_of(choose_frames(length, Masking(span=4), np.random.default_rng(seed))) == [min(4, length)]


def test_everything_may_be_asked_for() -> None:
    chosen = choose_frames(30, Masking(span=1, proportion=1.0), np.random.default_rng(0))
    assert chosen.all()


def fate(seed: int) -> str:
    """What one dice did to the chosen frames of an utterance whose frames all differ."""
    frames = np.arange(1.0, 401).reshape(200, 2)
    rng = np.random.default_rng(seed)
    chosen = choose_frames(200, Masking(), rng)
    hidden = hide_frames(frames, chosen, Masking(), rng)
    np.testing.assert_array_equal(hidden[~chosen], frames[~chosen])
    if (hidden[chosen] == 0).all():
        return "zero"
    if (hidden == frames).all():
        return "kept"
    assert {tuple(frame) for frame in hidden[chosen]} <= {tuple(frame) for frame in frames}
    return "replaced"


def test_the_dice_falls_80_10_10() -> None:
    fates = [fate(seed) for seed in range(SEEDS)]
    for name, share in {"zero": 0.8, "replaced": 0.1, "kept": 0.1}.items():
        deviation = (SEEDS * share * (1 - share)) ** 0.5
        assert abs(fates.count(name) - SEEDS * share) <= 4 * deviation, name


def test_hiding_leaves_the_frames_it_was_given_alone() -> None:
    frames = np.ones((20, 2))
    hide_frames(frames, np.ones(20, bool), Masking(zero=1.0, replace=0.0), np.random.default_rng(0))
    assert (frames == 1).all()
