"""Value zeroing: how much the frames of a layer's output depend on parts of its input.

The values of some frames are set to zero in one layer, its attention weights are not changed, and the layer runs again
on the same input. The score of an output frame is its cosine distance from the original output (Mohebbi et al. 2023,
arXiv 2301.12971).

Axes: l layer, t frame, z span, d feature.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from lhotse.cut import Cut
from torch import Tensor, nn

from otoscope.attention.call import AttentionCall
from otoscope.attention.interventions import attend_with
from otoscope.errors import InputError
from otoscope.models.capture import capture, forward_with_handler
from otoscope.models.encoder import Encoder
from otoscope.models.self_check import relative_difference, tolerance
from otoscope.typing import Floats


def value_zeroing(encoder: Encoder, cut: Cut | np.ndarray, spans: Sequence[tuple[int, int]] | None = None) -> Floats:
    """Return how much each frame of each layer's output depends on the values of each span of frames.

    Args:
        encoder: the model, with its current interventions.
        cut: an utterance, or its samples at the model's rate.
        spans: first frame of each span, and the frame after its last; None: one span per frame.

    Returns:
        Cosine distances `[L, T, Z]` from the original output.

    Raises:
        InputError: a span is outside of the utterance, the model attends between patches of a spectrogram, or its
            layers cannot be run separately.

    Examples:
        >>> from otoscope import load
        >>> wave = np.random.default_rng(0).normal(size=4800)
        >>> value_zeroing(load("bundled"), wave, spans=[(0, 5), (5, 15)]).shape
        (6, 15, 2)
    """
    wave = encoder.load_wave(cut)
    if encoder.family.is_patch_grid:
        raise InputError(
            f"{encoder.name} attends between patches of a spectrogram; value zeroing requires frames in time alone"
        )
    frames = encoder.num_frames(wave)
    spans = [(frame, frame + 1) for frame in range(frames)] if spans is None else spans
    if invalid := [span for span in spans if not 0 <= span[0] < span[1] <= frames]:
        raise InputError(f"expected spans of one frame or more within 0 to {frames}, found {invalid[0]}")
    layer_runs = _run_layers(encoder, wave)
    return np.stack([_cosine_distances(encoder, layer_run, frames, spans) for layer_run in layer_runs])


@dataclass
class LayerRun:
    """One run of a layer, with its inputs and its output `[T, d]`; the output is set when the layer returns."""

    layer: int
    module: nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    output: Tensor | None = None

    def rerun(self) -> Tensor:
        """Return the output `[T, d]` of the layer on the same inputs, with the current handler."""
        return _first_utterance(self.module(*self.args, **self.kwargs))


def _run_layers(encoder: Encoder, wave: np.ndarray) -> list[LayerRun]:
    """Run the whole model, and return the runs of its layers in order."""
    layer_runs: list[LayerRun] = []
    blocks = {_layer_of(encoder.model, attention) for attention in encoder.layers}

    def on_enter(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        layer_runs.append(LayerRun(len(layer_runs), module, args, kwargs))

    def on_exit(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        layer_runs[-1].output = _first_utterance(output)

    hooks = [
        hook
        for block in blocks
        for hook in (block.register_forward_pre_hook(on_enter, with_kwargs=True), block.register_forward_hook(on_exit))
    ]
    try:
        forward_with_handler(encoder, [wave], lambda call: attend_with(encoder.intervention, call, call.layer)[0])
    finally:
        for hook in hooks:
            hook.remove()
    if len(layer_runs) != encoder.n_layers or any(layer_run.output is None for layer_run in layer_runs):
        raise InputError(f"the layers of {encoder.name} cannot be run separately, which value zeroing requires")
    return layer_runs


def _layer_of(model: nn.Module, attention: nn.Module) -> nn.Module:
    """Return the layer that contains an attention module: the member of the list of layers."""
    (name,) = (name for name, module in model.named_modules() if module is attention)
    parts = name.split(".")
    for depth in range(1, len(parts)):
        if isinstance(model.get_submodule(".".join(parts[:depth])), nn.ModuleList):
            return model.get_submodule(".".join(parts[: depth + 1]))
    return attention


@torch.inference_mode()
def _cosine_distances(encoder: Encoder, layer_run: LayerRun, frames: int, spans: Sequence[tuple[int, int]]) -> Floats:
    """Return the distances `[T, Z]` of one layer."""
    original = _output_without(encoder, layer_run, (0, 0))
    assert layer_run.output is not None
    if relative_difference(original, layer_run.output) > tolerance(encoder):
        raise InputError(f"layer {layer_run.layer} of {encoder.name} has another output when it runs separately")
    outputs = (_output_without(encoder, layer_run, span) for span in spans)
    similarities = [nn.functional.cosine_similarity(td.double(), original.double(), dim=-1) for td in outputs]
    return (1 - torch.stack(similarities, -1))[:frames].cpu().numpy()


def _output_without(encoder: Encoder, layer_run: LayerRun, span: tuple[int, int]) -> Tensor:
    """Return a layer's output `[T, d]` without the values of a span, with the same attention weights."""

    def handler(call: AttentionCall) -> Tensor:
        value_bhtd = call.value_bhtd.clone()
        value_bhtd[:, :, slice(*span)] = 0
        return attend_with(encoder.intervention, replace(call, value_bhtd=value_bhtd), layer_run.layer)[0]

    with capture(encoder, handler):
        return layer_run.rerun()


def _first_utterance(output: Any) -> Tensor:
    """Return the hidden states `[T, d]` of one utterance from a layer's output, with its batch axis first or second."""
    hidden: Tensor = output[0] if isinstance(output, tuple) else output
    return hidden[0] if len(hidden) == 1 else hidden[:, 0]
