"""Tuning finds the best strict R-value of its grid, pooled over utterances, and the same one every time."""

import numpy as np
import pytest

from otoscope.errors import InputError
from otoscope.phones import LabelFrames
from otoscope.segmentation.boundaries import BoundaryCounts, count_boundaries
from otoscope.segmentation.kernel_gram import median_distance
from otoscope.segmentation.kernel_gram_detector import detect_boundaries, label_rows
from otoscope.segmentation.tuning import LabelledFeatures, pooled_counts, tune, utterance_counts

RATIOS, BETAS = (0.25, 0.5, 1.0), (0.5, 1.0, 2.0)


def utterance(seed, scale=1.0, noise=0.6):
    """Features of noisy phones and the boundaries between them, between frames of 10 ms."""
    generator = np.random.default_rng(seed)
    phone_t = np.cumsum(generator.random(120) < 1 / 8)
    centres = generator.standard_normal((phone_t[-1] + 1, 6))
    features = centres[phone_t] + noise * generator.standard_normal((120, 6))
    starts = np.flatnonzero(np.diff(phone_t)) + 0.5
    return LabelledFeatures(scale * features, 0.01 * starts)


PART = [utterance(seed) for seed in range(4)]


def best_of_the_grid(part):
    """Each point tried alone: the first of the best, with its pooled R-value."""
    unit = np.median([median_distance(u.features) for u in part])
    points = []
    for ratio in RATIOS:
        for beta in BETAS:
            counted = [count_boundaries(u.boundaries, detect_boundaries(u.features, unit * ratio, beta)) for u in part]
            points.append((sum(counted, BoundaryCounts()).scores().r_value, unit * ratio, beta))
    return max(points, key=lambda point: point[0])


def test_tuning_is_never_worse_than_the_best_point_of_its_grid_and_stays_beside_it():
    r_value, alpha, beta = best_of_the_grid(PART)
    tuned = tune(PART, ratios=RATIOS, betas=BETAS)
    assert tuned.scores.r_value >= r_value
    assert 2**-0.5 - 1e-9 <= tuned.alpha / alpha <= 2**0.5 + 1e-9
    assert 2**-0.5 - 1e-9 <= tuned.beta / beta <= 2**0.5 + 1e-9


def test_a_grid_of_one_point_is_that_point():
    unit = np.median([median_distance(u.features) for u in PART])
    tuned = tune(PART, ratios=[0.5], betas=[1.1])
    assert (tuned.alpha, tuned.beta) == (pytest.approx(0.5 * unit), 1.1)


def test_its_scores_are_those_of_its_alpha_and_beta():
    tuned = tune(PART)
    counted = [count_boundaries(u.boundaries, detect_boundaries(u.features, tuned.alpha, tuned.beta)) for u in PART]
    assert tuned.scores == sum(counted, BoundaryCounts()).scores()
    assert tuned.scores.r_value > 0.8, "phones this clear are found"


def test_tuning_twice_is_tuning_once():
    assert tune(PART) == tune(PART)


def test_equal_points_keep_the_smallest_alpha_and_beta():
    clear = LabelledFeatures(np.kron(np.eye(4), np.ones((6, 6))), [0.055, 0.115, 0.175])
    tuned = tune([clear], ratios=[0.1, 0.2], betas=[1.0, 1.2])
    unit = median_distance(clear.features)
    assert tuned.scores.r_value == 1
    assert tuned.alpha == pytest.approx(unit * 0.1 / 2**0.5)
    assert tuned.beta == pytest.approx(1.0 / 1.2**0.5)


def test_the_scale_of_features_scales_alpha_and_changes_nothing_else():
    plain, large = tune(PART), tune([utterance(seed, scale=1024.0) for seed in range(4)])
    assert large.alpha == pytest.approx(1024 * plain.alpha)
    assert (large.beta, large.scores) == (plain.beta, plain.scores)


def test_a_map_tuned_on_the_label_grid_gives_the_same_boundaries_normalised_again_or_not():
    frames = LabelFrames(repeat=3)
    part = [LabelledFeatures(np.asarray(u.features), 3 * np.asarray(u.boundaries)) for u in PART]
    again = [LabelledFeatures(label_rows(u.features, 3), u.boundaries) for u in part]
    assert tune(again, frames).scores == tune(part, frames).scores


@pytest.mark.parametrize("strict", [True, False])
def test_pooled_counts_are_the_sum_over_utterances_for_every_beta(strict):
    frames = LabelFrames(period=0.005, repeat=2, origin=0.002)
    pooled = pooled_counts(PART, 1.0, BETAS, frames, tolerance=0.03, strict=strict)
    counts_u = [utterance_counts(u, 1.0, BETAS, frames, tolerance=0.03, strict=strict) for u in PART]
    for i, beta in enumerate(BETAS):
        alone = [
            count_boundaries(u.boundaries, detect_boundaries(u.features, 1.0, beta, frames), 0.03, strict) for u in PART
        ]
        assert pooled[i] == sum(alone, BoundaryCounts())
        assert [counts[i] for counts in counts_u] == alone


def test_a_part_that_nothing_can_be_tuned_on_is_refused():
    with pytest.raises(InputError, match="got 0 utterances"):
        tune([])
    with pytest.raises(InputError, match="expected utterances with reference boundaries"):
        tune([LabelledFeatures(PART[0].features, [])])
    with pytest.raises(InputError, match="expected features that vary over time"):
        tune([LabelledFeatures(np.ones((9, 2)), [0.05])])
    with pytest.raises(InputError, match="expected a tolerance above 0"):
        tune(PART, tolerance=0.0)
