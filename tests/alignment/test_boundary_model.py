"""The boundary model finds boundaries whose evidence it learned, and its features are those of a plain loop."""

import numpy as np

from otoscope.alignment.boundary_model import (
    ENERGY_SHIFTS,
    GRID_SECONDS,
    MAP_SHIFTS,
    ROWS,
    Evidence,
    band_energy,
    boundary_offsets,
    features,
    fit_boundaries,
)


def evidence(random, columns=60):
    maps = random.normal(size=(2, 7, columns))
    return Evidence(maps, 0.02, random.normal(size=(2 * columns, 6)))


def test_features_equal_those_of_a_plain_loop():
    random = np.random.default_rng(0)
    utterance = evidence(random)
    found = features(utterance, np.array([1, 6]), np.array([0.5, 0.01]))
    for word, (row, estimate) in enumerate([(1, 0.5), (6, 0.01)]):
        for step, shift in enumerate(GRID_SECONDS):
            expected = [10 * shift, 10 * abs(shift), 100 * shift**2]
            for head in range(2):
                for offset in ROWS:
                    line = utterance.maps_hqk[head, min(max(row + offset, 0), 6)]
                    for delta in MAP_SHIFTS:
                        position = (estimate + shift + delta) / 0.02 - 0.5
                        expected.append(np.clip(np.interp(position, np.arange(60), line), -3, 6))
            np.testing.assert_allclose(found[word, step, : len(expected)], expected, atol=1e-9)
    assert found.shape[-1] == 3 + 2 * len(ROWS) * len(MAP_SHIFTS) + 6 * len(ENERGY_SHIFTS) + 1


def test_a_learned_boundary_is_found():
    random = np.random.default_rng(0)
    parts, offsets = [], []
    for _ in range(40):
        utterance = evidence(random)
        offset = random.uniform(-0.08, 0.08)
        utterance.maps_hqk[0, 3, round((0.6 + offset) / 0.02)] += 6
        parts.append(features(utterance, np.array([3]), np.array([0.6])))
        offsets.append(offset)
    model = fit_boundaries(np.concatenate(parts), np.array(offsets))
    found, sure = boundary_offsets(model, np.concatenate(parts))
    assert np.abs(found - offsets).mean() < 0.02
    assert sure.min() > 0.2
    assert sure.max() <= 1 + 1e-9


def test_silence_after_the_audio_changes_no_frame_before_it():
    wave = np.random.default_rng(0).normal(size=8000)
    energy = band_energy(wave)
    assert energy.shape == (51, 6)
    np.testing.assert_allclose(energy.mean(0), 0, atol=1e-9)
