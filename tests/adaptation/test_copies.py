"""Copies of a guard are noisy, and the original gets the speech without noise instead."""

import numpy as np
import pytest
from tests.helpers.tiny_models import noise

from otoscope.adaptation.copies import COPIES, Copies, learning_copies, reporting_copies
from otoscope.adaptation.material import Material, Role
from otoscope.adaptation.variations import VARIATIONS

ROLES = [Role.train] * 4 + [Role.validation, Role.test]


def material(name: str, seconds: float) -> Material:
    waves = [noise(seconds, seed=seed) for seed in range(len(ROLES))]
    return Material(name, list("abcdef"), waves, ["text"] * 6, list("uvwxyz"), ROLES)


@pytest.fixture(scope="module")
def copies() -> Copies:
    return learning_copies(material("guard", 2.0), material("sounds", 0.5))


def test_every_variation_is_learned_and_no_copy_leaves_its_part(copies: Copies) -> None:
    assert set(copies.variations) == set(VARIATIONS)
    assert len(copies.indices) == 5 * COPIES
    assert [copies.material.roles[at] for at in range(10)] == [ROLES[index] for index in copies.indices]


def test_the_original_gets_speech_without_noise_but_no_word_that_a_copy_lacks(copies: Copies) -> None:
    sources = dict(zip(copies.variations, copies.sources(of_same_length=False), strict=False))
    assert sources.pop("one second")[0] is copies.material
    for source, index in sources.values():
        assert source is copies.guard
        assert index in copies.indices


def test_outputs_of_frames_are_compared_where_there_are_as_many(copies: Copies) -> None:
    for place, (source, index) in enumerate(copies.sources(of_same_length=True)):
        assert len(source.waves[index]) == len(copies.material.waves[place])


def test_copies_that_report_are_of_the_utterances_and_the_variation_that_are_asked() -> None:
    guard = material("guard", 0.5)
    copies = reporting_copies(guard, material("sounds", 0.5), "amplitude x 0.1", np.array([1, 5]))
    np.testing.assert_allclose(copies.material.waves[1], guard.waves[5] * 0.1, rtol=1e-6)
    assert copies.sources(of_same_length=True) == [(guard, 1), (guard, 5)]
