"""Least squares within layers: what a reduced model should give after each linear map is what the original gives there.

Axes: n frame of any utterance, i input of a linear map, o output.
"""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from otoscope.models.encoder import Encoder
from otoscope.refinement.reduction_method import ReductionDraft
from otoscope.refinement.rescale import DAMPING


@dataclass(frozen=True, eq=False)
class NormalEquations:
    """Sums over frames for one linear map with a bias, about the means.

    Attributes:
        gram_ii: products of the inputs of the reduced model.
        product_io: products of these inputs with the targets.
        input_i, target_o: the means.
    """

    gram_ii: Tensor
    product_io: Tensor
    input_i: Tensor
    target_o: Tensor

    def bias(self, weight_oi: Tensor) -> Tensor:
        """Return the bias `[o]` that belongs to some weights: their mean output becomes that of the targets."""
        return self.target_o - weight_oi.double() @ self.input_i


@dataclass(frozen=True, eq=False)
class FitSample:
    """The inputs of a model on some speech, and the frames of each utterance that count.

    Attributes:
        inputs: of each batch.
        speech: number of frames of speech of each utterance; None: all are.
        frames: indices of the frames to fit: those of speech and, in models that attend to silence after it, as many of
            silence. What a decoder reads there must stay, too.
    """

    inputs: Sequence[Mapping[str, Tensor]]
    speech: Sequence[Sequence[int | None]]
    frames: Sequence[Sequence[Tensor | slice]]

    def real(self, batch: int, states: Tensor) -> Tensor:
        """Return the states `[N, d]` of the frames to fit of a batch `[B, T, d]`, in double precision."""
        return torch.cat([each[index] for each, index in zip(states, self.frames[batch], strict=True)]).double()


def make_fit_sample(draft: ReductionDraft) -> FitSample:
    """Return the speech of a draft's sample, ready for its model."""
    return fit_sample(draft.original, [batch.waves for batch in draft.sample.batches])


def fit_sample(encoder: Encoder, batches: Sequence[Sequence[np.ndarray]]) -> FitSample:
    """Return batches of waves, ready for a model."""
    speech = [[frames_of(encoder, wave) for wave in waves] for waves in batches]
    length = round(encoder.padded_seconds / encoder.frame_period) if encoder.family.sees_silence else 0
    frames = [[frames_to_fit(count, length) for count in counts] for counts in speech]
    return FitSample([encoder.inputs(waves) for waves in batches], speech, frames)


def frames_to_fit(speech: int | None, length: int) -> Tensor | slice:
    """Return the frames of speech, and as many of the silence up to `length`, evenly spread.

    >>> frames_to_fit(2, 8), frames_to_fit(3, 0)
    (tensor([0, 1, 2, 7]), slice(None, 3, None))
    """
    if speech is None or length <= speech:
        return slice(speech)
    silence = torch.linspace(speech, length - 1, min(speech, length - speech)).round().long()
    return torch.cat([torch.arange(speech), silence])


def frames_of(encoder: Encoder, wave: np.ndarray) -> int | None:
    """Return the number of real frames of a wave; None for patches, which fill a fixed window."""
    return None if encoder.family.is_patch_grid else encoder.num_frames(wave)


@torch.no_grad()
def linear_inputs(model: Any, names: Sequence[str], sample: FitSample) -> list[list[Tensor]]:
    """Return the inputs `[N, i]` of some linear maps on each batch, `[batch][map]`."""
    return [[sample.real(batch, states) for states in each] for batch, each in enumerate(_runs(model, names, sample))]


def _runs(model: Any, names: Sequence[str], sample: FitSample) -> list[list[Tensor]]:
    runs = []
    for inputs in sample.inputs:
        record: dict[str, Tensor] = {}
        with ExitStack() as hooks:
            for name in names:
                hooks.enter_context(model.get_submodule(name).register_forward_pre_hook(InputRecord(name, record)))
            model(**inputs)
        runs.append([record[name] for name in names])
    return runs


@dataclass(frozen=True, eq=False)
class InputRecord:
    """Stores the input of a module under its name."""

    name: str
    record: dict[str, Tensor]

    def __call__(self, module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        """Store the input."""
        self.record[self.name] = inputs[0]


@torch.no_grad()
def original_outputs(draft: ReductionDraft, names: Sequence[str], sample: FitSample) -> dict[str, list[Tensor]]:
    """Return what some linear maps of the original give, `[N, o]` of each batch."""
    model = draft.original.model
    inputs = linear_inputs(model, names, sample)
    maps = [model.get_submodule(name) for name in names]
    return {
        name: [torch.nn.functional.linear(each[place], linear.weight.double(), linear.bias.double()) for each in inputs]
        for place, (name, linear) in enumerate(zip(names, maps, strict=True))
    }


def normal_equations(model: Any, name: str, sample: FitSample, targets: Sequence[Tensor]) -> NormalEquations:
    """Return the normal equations of a linear map of a reduced model, towards targets `[N, o]` of each batch."""
    inputs = [each[0] for each in linear_inputs(model, [name], sample)]
    count = sum(map(len, inputs))
    input_i = torch.stack([x_ni.sum(0) for x_ni in inputs]).sum(0) / count
    target_o = torch.stack([y_no.sum(0) for y_no in targets]).sum(0) / count
    centred = [(x_ni - input_i, y_no - target_o) for x_ni, y_no in zip(inputs, targets, strict=True)]
    gram = torch.stack([x_ni.T @ x_ni for x_ni, _ in centred]).sum(0)
    product = torch.stack([x_ni.T @ y_no for x_ni, y_no in centred]).sum(0)
    return NormalEquations(gram, product, input_i, target_o)


@torch.no_grad()
def set_linear(linear: Any, weight_oi: Tensor, equations: NormalEquations) -> None:
    """Give a linear map new weights, and the bias that belongs to them."""
    linear.weight.copy_(weight_oi)
    linear.bias.copy_(equations.bias(weight_oi))


def refit(equations: NormalEquations, weight_oi: Tensor) -> Tensor:
    """Return the weights `[o, i]` that come nearest to the targets, drawn a little towards the present ones."""
    gram = equations.gram_ii
    if not len(gram):
        return weight_oi
    damping = DAMPING * gram.diagonal().mean()
    present_io = weight_oi.double().T
    damped = gram + damping * torch.eye(len(gram), dtype=gram.dtype)
    solved = torch.linalg.solve(damped, equations.product_io + damping * present_io)
    return solved.T.to(weight_oi)


def scale_equations(equations: NormalEquations, weight_oi: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Return the normal equations of one factor for each group of `size` inputs, for `solve`.

    Args:
        equations: those of the inputs.
        weight_oi: present weights.
        size: inputs of a group: features of a head, or 1 for units.
    """
    weight_io = weight_oi.double().T
    products_ii = equations.gram_ii * (weight_io @ weight_io.T)
    groups = len(weight_io) // size
    gram = products_ii.reshape(groups, size, groups, size).sum((1, 3))
    product = (equations.product_io * weight_io).sum(1).reshape(groups, size).sum(1)
    return gram, product
