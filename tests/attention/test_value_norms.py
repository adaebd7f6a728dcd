"""Norms of projected values: `f(x) = (x W_V + b_V) W_O`, computed with each family's own layers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.helpers.comparison import relative
from tests.helpers.slow_attention import fresh, output_projection, slow
from tests.helpers.tiny_models import noise
from torch import nn

from otoscope import wrap
from otoscope.attention.reduction_names import VALUE_NORM
from otoscope.models.encoder import Encoder
from otoscope.statistics import statistics_requiring
from otoscope.statistics.compute import compute_statistics

WAVES = [noise(0.8), noise(0.5, seed=1)]
NORMS = statistics_requiring(VALUE_NORM)
NEEDS = frozenset().union(*(statistic.requires for statistic in NORMS.values()))
VALUES = ("v_proj", "value", "linear_v", "value_proj")  # names of the projection to values


def measured(encoder: Encoder, waves: list[np.ndarray]) -> list[dict[str, np.ndarray]]:
    """Each utterance's statistics `[layer, head]`."""
    layers: list[list] = [[] for _ in range(encoder.n_layers)]
    encoder.measure(waves, NEEDS, lambda layer, reductions: layers[layer].extend(reductions))
    return [compute_statistics(NORMS, utterance) for utterance in zip(*layers, strict=True)]


@contextmanager
def values_of(model: Any) -> Iterator[dict[str, torch.Tensor]]:
    """Yield the outputs of each projection to values within the block, `[T, H * d]` by name."""
    values: dict[str, torch.Tensor] = {}
    hooks = []
    for name, module in model.named_modules():
        if name.split(".")[-1] in VALUES:
            hooks.append(module.register_forward_hook(lambda _, inputs, out, name=name: values.update({name: out[0]})))
        if type(module).__name__ == "WavLMAttention":  # torch takes the weights of its projection, and never calls it
            hooks.append(module.register_forward_pre_hook(call_projection, with_kwargs=True))
    yield values
    for hook in hooks:
        hook.remove()


def call_projection(module: Any, given: tuple, kwargs: dict) -> None:
    module.v_proj(given[0] if given else kwargs["hidden_states"])


def by_definition(folder: Path, wave: np.ndarray) -> dict[str, np.ndarray]:
    """Compute the statistics from whole maps and whole projected values."""
    model = fresh(folder)
    with values_of(model) as values:
        maps = slow(folder, wave, model).maps
    norms: dict[str, list] = {name: [] for name in NORMS}
    for layer, (A_hqk, value) in enumerate(zip(maps, of_layers(values, len(maps)), strict=True)):
        H, T, _ = A_hqk.shape
        weight_hdo = (
            output_projection(model, layer)
            .weight.T.detach()
            .reshape(H, -1, len(output_projection(model, layer).weight))
        )
        projected_hto = np.einsum("thd,hdo->hto", value[:T].reshape(T, H, -1).detach().numpy(), weight_hdo.numpy())
        for name, statistic in NORMS.items():
            norms[name].append([statistic.reference(A, x_to) for A, x_to in zip(A_hqk, projected_hto, strict=True)])
    return {name: np.array(rows) for name, rows in norms.items()}


def of_layers(values: dict[str, torch.Tensor], layers: int) -> list[torch.Tensor]:
    own = [value for name, value in values.items() if "adapter" not in name and "decoder" not in name]
    assert len(own) == layers
    return own


def test_norms_are_those_of_each_familys_own_projections(encoder: Encoder, folder: Path) -> None:
    """Alone, and in a padded batch."""
    if encoder.unavailable_statistics:
        pytest.skip(encoder.unavailable_statistics["attention_norm"])
    expected = [by_definition(folder, wave) for wave in WAVES]
    alone = [measured(encoder, [wave])[0] for wave in WAVES]
    for found in (alone, measured(encoder, WAVES)):
        for one, by_hand in zip(found, expected, strict=True):
            assert max(relative(one[name], by_hand[name]) for name in NORMS) < 1e-10


def test_only_the_grid_of_patches_is_not_measured(encoder: Encoder) -> None:
    grid = {"attention_norm": "its frames are patches in bands and times"} if encoder.family.is_patch_grid else {}
    assert {name: why for name, why in encoder.unavailable_statistics.items() if name == "attention_norm"} == grid
    assert (VALUE_NORM in encoder.model_reductions) == (not encoder.family.is_patch_grid)


class Mixed(nn.Module):
    """Attention whose contexts are normalised before they are projected."""

    def __init__(self, between: nn.Module) -> None:
        super().__init__()
        self.q, self.k, self.v, self.o = (nn.Linear(16, 16) for _ in range(4))
        self.between = between

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        q, k, v = (part(x).unflatten(-1, (2, 8)).transpose(1, 2) for part in (self.q, self.k, self.v))
        context = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        return x + self.o(self.between(context))


def frames(wave: np.ndarray) -> torch.Tensor:
    return 30 * torch.from_numpy(wave).unfold(0, 160, 160)[:, :16]


def test_a_wrapped_module_is_measured_where_a_projection_is_given_its_contexts() -> None:
    torch.manual_seed(0)
    encoder = wrap(Mixed(nn.Identity()), samples_per_frame=160, inputs=frames)
    assert encoder.output_projections == ("module.o",)
    (found,) = measured(encoder, WAVES[:1])
    x = frames(WAVES[0])
    value_thd = encoder.model.module.v(x).unflatten(-1, (2, 8)).detach()
    given = torch.einsum("thd,ohd->hto", value_thd, encoder.model.module.o.weight.unflatten(1, (2, 8)).detach())
    maps = encoder.maps(WAVES[0])[0].astype(np.float64)
    for name, statistic in NORMS.items():
        by_hand = [statistic.reference(A, one) for A, one in zip(maps, given.double().numpy(), strict=True)]
        np.testing.assert_allclose(found[name][0], by_hand, rtol=1e-4)


def test_nothing_is_measured_where_something_stands_between_contexts_and_projection() -> None:
    torch.manual_seed(0)
    encoder = wrap(Mixed(nn.LayerNorm(16)), samples_per_frame=160, inputs=frames)
    assert (
        encoder.unavailable_statistics["attention_norm"]
        == "no linear layer is given the contexts of its heads as they are"
    )
    assert VALUE_NORM not in encoder.model_reductions
