"""Whole attention maps and hidden states of one utterance.

Axes: h head, t frame, f band, d feature.
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from lhotse.cut import Cut
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.crop import crop_to_utterance, normalise_rows, patch_map
from otoscope.attention.full_maps import full_maps, head_map
from otoscope.attention.interventions import with_factors
from otoscope.attention.pattern_changes import HeadsCall, order_of_heads, split_call
from otoscope.attention.speech import PatchGrid
from otoscope.errors import InputError
from otoscope.models.capture import default_handler, forward_inputs, forward_with_handler

if TYPE_CHECKING:
    from otoscope.models.encoder import Encoder

OnMap = Callable[[int, int, np.ndarray], None]
"""Receives the layer, the head and its map `[T, T]`."""


def attention_maps(
    encoder: "Encoder", cut: Cut | np.ndarray, layers: Collection[int] | None = None
) -> dict[int, np.ndarray]:
    """Return the maps `[H, T, T]` of one utterance by layer, of some layers or of all."""
    wave, maps = encoder.load_wave(cut), dict[int, np.ndarray]()

    def on_call(call: AttentionCall) -> None:
        maps[call.layer] = _full_maps(encoder, call, wave)

    _visit_calls(encoder, wave, layers, on_call)
    return maps


def visit_maps(encoder: "Encoder", cut: Cut | np.ndarray, on_map: OnMap, layers: Collection[int] | None = None) -> None:
    """Pass the map of each head to `on_map` in turn; only one map is in memory at a time."""
    wave = encoder.load_wave(cut)

    def on_call(call: AttentionCall) -> None:
        for part in _changed_calls(encoder, call):
            cropped = _cropped(encoder, part.call, wave)
            for index, head in enumerate(part.heads):
                on_map(call.layer, head, head_map(cropped, encoder.intervention, index))

    _visit_calls(encoder, wave, layers, on_call)


def grid_maps(
    encoder: "Encoder", cut: Cut | np.ndarray, layers: Collection[int] | None = None
) -> dict[int, np.ndarray]:
    """Return the maps between patches of one utterance, `[H, bands, T, bands, T]`, by layer.

    Raises:
        InputError: the model's frames are not patches.
    """
    if (grid := encoder.patch_grid) is None:
        raise InputError(f"expected a model of patches in bands and times, found {encoder.name}; use maps")
    wave, maps = encoder.load_wave(cut), dict[int, np.ndarray]()

    def on_call(call: AttentionCall) -> None:
        maps[call.layer] = _merged(encoder, call, partial(_patch_maps, encoder.num_frames(wave), grid))

    _visit_calls(encoder, wave, layers, on_call)
    return maps


def representations(encoder: "Encoder", cut: Cut | np.ndarray) -> list[np.ndarray]:
    """Return the output `[T, d]` of each layer for one utterance, under the encoder's interventions."""
    return maps_and_representations(encoder, cut, ())[1]


def maps_and_representations(
    encoder: "Encoder", cut: Cut | np.ndarray, layers: Collection[int] | None = None
) -> tuple[dict[int, np.ndarray], list[np.ndarray]]:
    """Return what `attention_maps` and `representations` return, from one run of the model.

    Examples:
        >>> from otoscope import load
        >>> maps, states = maps_and_representations(load("bundled"), np.random.default_rng(0).normal(size=16000), [2])
        >>> {layer: values.shape for layer, values in maps.items()}, len(states)
        ({2: (8, 50, 50)}, 6)
    """
    wave, maps, states = encoder.load_wave(cut), dict[int, np.ndarray](), list[Tensor]()
    frames = encoder.num_frames(wave)

    def handler(call: AttentionCall) -> Tensor:
        if layers is None or call.layer in layers:
            maps[call.layer] = _full_maps(encoder, call, wave)
        return default_handler(encoder, call)

    inputs: dict[str, Any] = {**encoder.inputs([wave]), "output_hidden_states": True}
    hook = encoder.model.register_forward_hook(lambda model, args, output: states.extend(output.hidden_states))
    with hook, torch.inference_mode():
        forward_inputs(encoder, inputs, handler, [wave])
    layer_states = [state for state in states if state.shape[1] >= frames][-encoder.n_layers :]
    return maps, [state[0, :frames].float().cpu().numpy() for state in layer_states]


def _full_maps(encoder: "Encoder", call: AttentionCall, wave: np.ndarray) -> np.ndarray:
    """Return the maps `[H, T, T]` of a call between the frames of the utterance, under the encoder's interventions."""
    return _merged(encoder, call, lambda part: full_maps(_cropped(encoder, part, wave), encoder.intervention))


def _patch_maps(frames: int, grid: PatchGrid, call: AttentionCall) -> Tensor:
    return normalise_rows(patch_map(call, 0, frames, grid))


def _merged(encoder: "Encoder", call: AttentionCall, maps_of: Callable[[AttentionCall], Tensor]) -> np.ndarray:
    """Return the maps of all heads from the calls of unchanged and of changed heads."""
    parts = _changed_calls(encoder, call)
    maps = [maps_of(part.call) for part in parts]
    if len(parts) == 1:
        return maps[0].cpu().numpy()
    return torch.cat(maps)[order_of_heads(parts).to(maps[0].device)].cpu().numpy()


def _changed_calls(encoder: "Encoder", call: AttentionCall) -> list[HeadsCall]:
    """Return the calls of unchanged and of changed heads, with their gates."""
    gated = with_factors(encoder.intervention, call, call.layer)
    return split_call(encoder.intervention.patterns, gated, call.layer)


def _cropped(encoder: "Encoder", call: AttentionCall, wave: np.ndarray) -> AttentionCall:
    """Return a call between the frames of the utterance."""
    if not encoder.family.sees_silence:
        return call
    return crop_to_utterance(call, (encoder.num_frames(wave),), encoder.patch_grid).call


def _visit_calls(
    encoder: "Encoder", wave: np.ndarray, layers: Collection[int] | None, on_call: Callable[[AttentionCall], None]
) -> None:
    """Run a wave `[samples]` under the encoder's interventions, and pass the calls of some layers to `on_call`."""

    def handler(call: AttentionCall) -> Tensor:
        if layers is None or call.layer in layers:
            on_call(call)
        return default_handler(encoder, call)

    forward_with_handler(encoder, [wave], handler)
