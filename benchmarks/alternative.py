"""The honest alternative: whole attention maps in memory, then each statistic's formula as one writes it in torch."""

from collections.abc import Callable

import torch
from torch import Tensor

REACH = 50


def distance(A: Tensor) -> Tensor:
    """`|q - k|`, `[T, T]`."""
    frames = torch.arange(A.shape[-1])
    return (frames[:, None] - frames).abs()


def globalness(A: Tensor) -> Tensor:
    return torch.special.entr(A).sum(-1).mean(-1)


def verticality(A: Tensor) -> Tensor:
    return -torch.special.entr(A.mean(-2)).sum(-1)


def diagonality(A: Tensor) -> Tensor:
    return -(A * distance(A)).sum((-2, -1)) / A.shape[-1] ** 2


def normalised_diagonality(A: Tensor) -> Tensor:
    return (1 - (A * distance(A)).sum(-1) / distance(A).amax(-1)).mean(-1)


def weight(A: Tensor) -> Tensor:
    return A.amax((-2, -1))


def offset_profile(A: Tensor) -> Tensor:
    offsets = range(-REACH, REACH + 1)
    return torch.stack([A.diagonal(d, -2, -1).sum(-1) for d in offsets], -1) / A.shape[-1]


FORMULAS: tuple[Callable[[Tensor], Tensor], ...] = (
    globalness,
    verticality,
    diagonality,
    normalised_diagonality,
    weight,
    offset_profile,
)


def all_statistics(A: Tensor) -> list[Tensor]:
    """Every statistic of one layer's maps `A [H, T, T]`."""
    return [formula(A) for formula in FORMULAS]
