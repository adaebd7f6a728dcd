"""Low-rank adapters of linear maps for a tuning, merged into the weights at its end.

Source: Hu et al. 2021 (arXiv 2106.09685).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

WEIGHT = "weight"


class LowRankChange(nn.Module):
    """A change of a weight `[o, i]` by a product of `[o, r]` and `[r, i]`; none at the beginning."""

    def __init__(self, weight: Tensor, rank: int) -> None:
        """Make the factors for a weight; the draw is seeded by its shape."""
        super().__init__()
        outputs, inputs = weight.shape
        generator = torch.Generator().manual_seed(outputs * inputs)
        self.down = nn.Parameter(torch.randn(rank, inputs, generator=generator) / inputs**0.5)
        self.up = nn.Parameter(torch.zeros(outputs, rank))

    def forward(self, weight: Tensor) -> Tensor:
        """Return the changed weight."""
        return weight + self.up @ self.down


def add_adapters(layers: Sequence[nn.Module], rank: int) -> list[nn.Parameter]:
    """Add adapters to all linear maps of some layers, and return their weights, which alone have gradients."""
    adapters = []
    for module in _linear_maps(layers):
        change = LowRankChange(module.weight, rank)
        parametrize.register_parametrization(module, WEIGHT, change)
        module.requires_grad_(False)
        change.requires_grad_(True)
        adapters.append(change)
    return [weight for change in adapters for weight in change.parameters()]


def merge_adapters(layers: Sequence[nn.Module]) -> None:
    """Put what adapters change into the weights, and remove them; nothing happens without adapters."""
    for module in _linear_maps(layers):
        if parametrize.is_parametrized(module, WEIGHT):
            parametrize.remove_parametrizations(module, WEIGHT, leave_parametrized=True)


def _linear_maps(layers: Sequence[nn.Module]) -> list[nn.Linear]:
    return [module for layer in layers for module in layer.modules() if isinstance(module, nn.Linear)]
