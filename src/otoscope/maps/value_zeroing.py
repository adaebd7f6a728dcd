"""Value zeroing: how much of each layer's output a part of its input makes (Mohebbi et al. 2023, arXiv 2301.12971).

The values of some frames are set to zero in one layer, its attention kept, and the layer runs again on the input that
it had: the score of a frame of its output is the cosine distance from what it was. Axes: l layer, t frame, z span.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from lhotse.cut import Cut
from torch import Tensor, nn

from otoscope.attention.call import AttentionCall
from otoscope.attention.interventions import attend_with
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.self_check import relative_difference, tolerance


def value_zeroing(
    encoder: Encoder, cut: Cut | np.ndarray, spans: Sequence[tuple[int, int]] | None = None
) -> npt.NDArray[np.float64]:
    """Cosine distance `[L, T, Z]` of each frame of each layer's output without the values of each span of frames.

    Args:
        encoder: the model, under the interventions in force.
        cut: an utterance, or its samples at the model's rate.
        spans: first frame and the one after the last of each span; by default every frame alone.

    Raises:
        InputError: a span lies outside of the utterance, the model's frames are no frames in time, or its layers cannot
            be run one by one.

    Examples:
        >>> from otoscope import load
        >>> wave = np.random.default_rng(0).normal(size=4800)
        >>> value_zeroing(load("bundled"), wave, spans=[(0, 5), (5, 15)]).shape
        (6, 15, 2)
    """
    wave = encoder.wave(cut)
    if encoder.family.grid:
        raise InputError(
            f"{encoder.name} attends between patches in bands and times; zero values of models in time alone"
        )
    frames = encoder.frames(wave)
    spans = [(frame, frame + 1) for frame in range(frames)] if spans is None else spans
    if outside := [span for span in spans if not 0 <= span[0] < span[1] <= frames]:
        raise InputError(f"spans must lie within frames 0 to {frames}, each of one or more; got {outside[0]}")
    steps = _steps(encoder, wave)
    return np.stack([_distances(encoder, step, frames, spans) for step in steps])


@dataclass
class LayerRun:
    """One run of a layer: its number, what it was given, and what it gave, `[T, d]`."""

    layer: int
    module: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Tensor | None = None

    def rerun(self) -> Tensor:
        """What it gives of the same input now, `[T, d]`."""
        return _hidden(self.module(*self.args, **self.kwargs))


def _steps(encoder: Encoder, wave: np.ndarray) -> list[LayerRun]:
    """Every run of a layer in a forward pass of the whole model."""
    steps: list[LayerRun] = []
    blocks = {_block(encoder.model, attention) for attention in encoder.layers}

    def entered(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        steps.append(LayerRun(len(steps), module, args, kwargs))

    def left(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        steps[-1].output = _hidden(output)

    hooks = [
        hook
        for block in blocks
        for hook in (block.register_forward_pre_hook(entered, with_kwargs=True), block.register_forward_hook(left))
    ]
    try:
        encoder.run([wave], lambda call: attend_with(encoder.intervention, call, call.layer)[0])
    finally:
        for hook in hooks:
            hook.remove()
    if len(steps) != encoder.n_layers or any(step.output is None for step in steps):
        raise InputError(f"the layers of {encoder.name} cannot be run one by one; their values cannot be zeroed")
    return steps


def _block(model: nn.Module, attention: nn.Module) -> nn.Module:
    """The layer that an attention module lies in: the member of the list of layers."""
    (name,) = (name for name, module in model.named_modules() if module is attention)
    parts = name.split(".")
    places = [at for at in range(1, len(parts)) if isinstance(model.get_submodule(".".join(parts[:at])), nn.ModuleList)]
    return model.get_submodule(".".join(parts[: places[0] + 1])) if places else attention


@torch.inference_mode()
def _distances(
    encoder: Encoder, step: LayerRun, frames: int, spans: Sequence[tuple[int, int]]
) -> npt.NDArray[np.float64]:
    """Of one layer, `[T, Z]`."""
    whole = _without(encoder, step, (0, 0))
    assert step.output is not None
    if relative_difference(whole, step.output) > tolerance(encoder):
        raise InputError(f"layer {step.layer} of {encoder.name} gives another output when it runs alone")
    changed = (_without(encoder, step, span) for span in spans)
    distances = [1 - nn.functional.cosine_similarity(one.double(), whole.double(), dim=-1) for one in changed]
    return torch.stack(distances, -1)[:frames].cpu().numpy()


def _without(encoder: Encoder, step: LayerRun, span: tuple[int, int]) -> Tensor:
    """A layer's output `[T, d]` without the values of a span, attention kept."""

    def answer(call: AttentionCall) -> Tensor:
        value_bhtd = call.value_bhtd.clone()
        value_bhtd[:, :, slice(*span)] = 0
        return attend_with(encoder.intervention, replace(call, value_bhtd=value_bhtd), step.layer)[0]

    with encoder.watch(answer):
        return step.rerun()


def _hidden(output: Any) -> Tensor:
    """Hidden states `[T, d]` of one utterance, alone or first of what a layer gives, its batch axis first or second."""
    hidden: Tensor = output[0] if isinstance(output, tuple) else output
    return hidden[0] if len(hidden) == 1 else hidden[:, 0]
