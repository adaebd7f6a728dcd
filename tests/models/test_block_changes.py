"""Replaced outputs of feed-forward blocks and layers equal a slow form in the model's eager code, in each family."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import pytest
import torch
from tests.helpers.comparison import relative
from tests.helpers.slow_attention import fresh, slow
from tests.helpers.tiny_models import noise
from torch import Tensor

from otoscope.attention.output_changes import Block, OutputSource, replace_outputs
from otoscope.models.blocks import block_modules
from otoscope.models.encoder import Encoder

pytestmark = pytest.mark.slow

WAVE, OTHER = noise(0.3), noise(0.5, seed=1)
EXACT = 1e-10
BANDS, SPECIAL = 3, 2
"""Bands and special tokens of the tiny model that attends between patches."""

Visit = Callable[[int, Tensor], Tensor]
"""Receives the number of a block and its outputs `[N, f]`; returns what replaces them."""


@dataclass(frozen=True)
class Place:
    """The band and the time of a token; the time of a special token is -1."""

    band: int
    time: int


def places(encoder: Encoder, tokens: int) -> list[Place]:
    if not encoder.family.is_patch_grid:
        return [Place(0, time) for time in range(tokens)]
    times = (tokens - SPECIAL) // BANDS
    return [Place(n, -1) for n in range(SPECIAL)] + [Place(n, time) for n in range(BANDS) for time in range(times)]


def block_names(encoder: Encoder, block: Block) -> list[str]:
    """Return the names of the blocks in a fresh model, in which layers share no module."""
    names = {module: name for name, module in encoder.model.named_modules()}
    is_shared = len(set(encoder.layers)) == 1
    chosen = []
    for layer, modules in enumerate(block_modules(encoder)):
        for module in [modules.layer] if block == "layer" else modules.feed_forward:
            name = f"{names[module]}."
            chosen.append((name.replace("layer.0.", f"layer.{layer}.") if is_shared else name).removesuffix("."))
    return chosen


@contextmanager
def visited(model: Any, names: list[str], is_layer: bool, visit: Visit) -> Iterator[None]:
    """Replace what each block adds (a layer: to its input) by what `visit` returns."""

    def hook(number: int, _: Any, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> Any:
        hidden = output[0] if isinstance(output, tuple) else output
        inputs = (value for value in (*args, *kwargs.values()) if isinstance(value, Tensor) and value.ndim == 3)
        before = next(inputs) if is_layer else torch.zeros_like(hidden)
        changed = before + visit(number, (hidden - before)[0])[None]
        return (changed, *output[1:]) if isinstance(output, tuple) else changed

    with ExitStack() as hooks:
        for number, name in enumerate(names):
            module = model.get_submodule(name)
            hooks.enter_context(module.register_forward_hook(partial(hook, number), with_kwargs=True))
        yield


@dataclass(frozen=True)
class Blocks:
    """The blocks of a family, and their outputs `[N, f]` on both waves in its eager code."""

    encoder: Encoder
    folder: Path
    names: list[str]
    is_layer: bool

    def outputs(self, wave: np.ndarray) -> list[Tensor]:
        noted: dict[int, Tensor] = {}
        model = fresh(self.folder)
        with visited(model, self.names, self.is_layer, lambda number, out: noted.setdefault(number, out.clone())):
            slow(self.folder, wave, model)
        return [noted[number][: self.tokens(wave, len(noted[number]))] for number in range(len(self.names))]

    def tokens(self, wave: np.ndarray, present: int) -> int:
        """Return how many tokens are no padding."""
        return present if self.encoder.family.sees_silence else self.encoder.num_frames(wave)

    def inside(self, wave: np.ndarray, tokens: int) -> np.ndarray:
        return np.array([0 <= one.time < self.encoder.num_frames(wave) for one in places(self.encoder, tokens)])


def mean_of(blocks: Blocks, number: int, own: list[Tensor], other: list[Tensor]) -> Tensor:
    """Return the mean of the frames of both waves, and outside of them that of all other tokens, `[N, f]`."""
    masks = [blocks.inside(wave, len(out[number])) for wave, out in ((WAVE, own), (OTHER, other))]
    rows = torch.cat([own[number], other[number]])
    is_inside = torch.from_numpy(np.concatenate(masks))
    outside = rows[~is_inside].mean(0) if (~is_inside).any() else rows.mean(0)
    return torch.stack([rows[is_inside].mean(0) if one else outside for one in masks[0]])


def matched(blocks: Blocks, number: int, own: list[Tensor], other: list[Tensor]) -> Tensor:
    """Return the outputs on the other wave at the same relative time, band by band, `[N, f]`."""
    encoder, donor = blocks.encoder, other[number]
    here, there = places(encoder, len(own[number])), places(encoder, len(donor))
    frames, others = encoder.num_frames(WAVE), encoder.num_frames(OTHER)
    total, other_total = (1 + max(one.time for one in all_places) for all_places in (here, there))
    rows = []
    for one in here:
        time = int((one.time + 0.5) * others / frames) if one.time >= 0 else -1
        if one.time >= frames:
            time = min(
                others + int((one.time - frames + 0.5) * (other_total - others) / (total - frames)), other_total - 1
            )
        rows.append(donor[there.index(Place(one.band, time))])
    return torch.stack(rows)


def noisy(blocks: Blocks, number: int, source: OutputSource, own: list[Tensor], other: list[Tensor]) -> Tensor:
    """Return the mean with normal noise, after a check of the covariance of the frames, `[N, f]`."""
    masks = [blocks.inside(wave, len(out[number])) for wave, out in ((WAVE, own), (OTHER, other))]
    inside = torch.cat([own[number][masks[0]], other[number][masks[1]]])
    factor = source.factor[number][0].cpu()
    covariance = np.cov(inside.numpy().T, bias=True)
    np.testing.assert_allclose((factor @ factor.T).numpy(), covariance, atol=1e-9 * np.abs(covariance).max())
    mean = mean_of(blocks, number, own, other)
    normal = np.random.default_rng([0, number, crc32(WAVE.tobytes())]).standard_normal(mean.shape)
    return mean + torch.from_numpy(normal) @ factor.T


@pytest.mark.parametrize("block", ["feed-forward", "layer"])
def test_replaced_blocks_are_those_of_the_slow_form(encoder: Encoder, folder: Path, block: Block) -> None:
    """The mean in layer 0, another utterance in layer 1, noise in layer 2."""
    blocks = Blocks(encoder, folder, block_names(encoder, block), block == "layer")
    own, other = blocks.outputs(WAVE), blocks.outputs(OTHER)
    source = encoder.measure_outputs([WAVE, OTHER], block, kinds=("mean", "resample", "noise"))
    count = len(blocks.names) // encoder.n_layers

    def replacement(number: int, present: Tensor) -> Tensor:
        parts = [mean_of, matched, partial(noisy, source=source)]
        changed, values = present.clone(), parts[number // count](blocks, number, own=own, other=other)
        changed[: len(values)] = values
        return changed

    model = fresh(folder)
    with visited(model, blocks.names, blocks.is_layer, replacement):
        expected = slow(folder, WAVE, model).hidden
    kinds = ("mean", "resample", "noise")
    changes = [replace_outputs(kind, [(layer, 0)], source, block=block) for layer, kind in enumerate(kinds)]
    with encoder.intervene(*changes):
        assert relative(encoder.forward([WAVE]).hidden[0].numpy(), expected) < EXACT
