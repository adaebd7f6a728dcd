"""Rollout against its formula, with layers that differ in their heads."""

import numpy as np
from tests.helpers.example_maps import example_maps

from otoscope.maps import rollout


def rollout_by_definition(maps: np.ndarray) -> list[np.ndarray]:
    """Sum the paths through the layers frame by frame."""
    T = maps.shape[-1]
    reaching, rollouts = np.eye(T), []
    for layer in maps:
        mixed = np.zeros((T, T))
        heads = [head for head in layer if not np.isnan(head).any()]
        for q in range(T):
            row = [np.mean([head[q, k] for head in heads]) + (q == k) for k in range(T)]
            mixed[q] = np.array(row) / sum(row)
        reaching = np.array([[sum(mixed[q, m] * reaching[m, k] for m in range(T)) for k in range(T)] for q in range(T)])
        rollouts.append(reaching)
    return rollouts


def test_rollout_is_the_sum_over_all_paths_through_the_layers() -> None:
    rollouts = rollout(example_maps())
    np.testing.assert_allclose(rollouts, rollout_by_definition(example_maps()), atol=1e-15)
    np.testing.assert_allclose(rollouts.sum(-1), 1, atol=1e-14)


def test_a_layer_without_heads_returns_its_input() -> None:
    maps = example_maps()
    maps[1] = np.nan
    rollouts = rollout(maps)
    np.testing.assert_array_equal(rollouts[1], rollouts[0])
