"""Functions of narrow factors equal those of their products."""

import numpy as np
import pytest
import torch

from otoscope.head_weights.matrices import HeadMatrices, compositions, cosines, effective_ranks, frobenius_norms


def draw(heads: int, seed: int, hidden: int = 10, size: int = 3) -> HeadMatrices:
    rng = torch.Generator().manual_seed(seed)
    left = torch.randn(heads, hidden, size, generator=rng, dtype=torch.float64)
    return HeadMatrices(left, torch.randn(heads, size, hidden, generator=rng, dtype=torch.float64))


def whole(matrices: HeadMatrices) -> np.ndarray:
    return (matrices.left_hdr @ matrices.right_hrd).numpy()


FIRST, SECOND = draw(4, 0), draw(2, 1)


def test_norms_and_effective_ranks():
    for matrix, norm, rank in zip(whole(FIRST), frobenius_norms(FIRST), effective_ranks(FIRST), strict=True):
        assert norm == pytest.approx(np.linalg.norm(matrix))
        values = np.linalg.svd(matrix, compute_uv=False)
        share = values[values > 1e-9] / values.sum()
        assert rank == pytest.approx(np.exp(-(share * np.log(share)).sum()))


def test_cosines():
    for i, first in enumerate(whole(FIRST)):
        for j, second in enumerate(whole(SECOND)):
            expected = (first * second).sum() / np.linalg.norm(first) / np.linalg.norm(second)
            assert cosines(FIRST, SECOND)[i, j] == pytest.approx(expected, abs=1e-6)
    assert torch.allclose(cosines(FIRST, FIRST).diagonal(), torch.ones(4, dtype=torch.float64))


@pytest.mark.parametrize("later", [FIRST, FIRST.transposed], ids=["as is", "transposed"])
def test_compositions(later):
    chance = np.sqrt(10)  # |M N| of unrelated matrices is |M| |N| / sqrt(d)
    for i, first in enumerate(whole(later)):
        for j, second in enumerate(whole(SECOND)):
            expected = np.linalg.norm(first @ second) * chance / np.linalg.norm(first) / np.linalg.norm(second)
            assert compositions(later, SECOND)[i, j] == pytest.approx(expected)


def test_unrelated_matrices_have_a_composition_of_one():
    values = compositions(draw(30, 2, hidden=64, size=8), draw(30, 3, hidden=64, size=8))
    assert values.square().mean() == pytest.approx(1, abs=0.02)
