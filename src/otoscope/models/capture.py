"""Run an encoder and pass each attention call of its layers to a handler.

Axes: b utterance, t frame, d feature.
"""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from otoscope.attention.call import AttentionCall, AttentionHandler, handle_attention
from otoscope.attention.function_capture import capture_functions
from otoscope.attention.interventions import NO_INTERVENTION, ReductionRequest, attend_with
from otoscope.attention.speech import CallSpeech
from otoscope.errors import InputError
from otoscope.models.blocks import change_blocks
from otoscope.models.families import SPECIAL_TOKENS
from otoscope.models.front_ends import patch_grid_shape

if TYPE_CHECKING:
    from otoscope.models.encoder import Encoder


def capture(encoder: "Encoder", handler: AttentionHandler, batch_size: int = 1) -> AbstractContextManager[None]:
    """Pass every attention call of the model on `batch_size` utterances to `handler` within the block."""
    if classes := encoder.family.attention_classes:
        modules = {name: module for name, module in encoder.model.named_modules() if type(module).__name__ in classes}
        return capture_functions(modules, handler, batch_size)
    return handle_attention(handler)


def forward_unhooked(encoder: "Encoder", audio: Sequence[np.ndarray]) -> Tensor:
    """Return final hidden states `[B, T, d]` as the model itself computes them: no capture, no intervention."""
    with torch.inference_mode():
        return hidden_in_time(encoder, encoder.model(**encoder.inputs(audio)))


def forward_with_handler(encoder: "Encoder", audio: Sequence[np.ndarray], handler: AttentionHandler) -> Tensor:
    """Return final hidden states `[B, T, d]` of some waves `[samples]`; the handler computes the attention.

    Raises:
        InputError: as `forward_inputs`.
    """
    with torch.inference_mode():
        return forward_inputs(encoder, encoder.inputs(audio), handler, audio)


def forward_inputs(
    encoder: "Encoder",
    inputs: Mapping[str, Tensor],
    handler: AttentionHandler,
    audio: Sequence[np.ndarray] | None = None,
) -> Tensor:
    """Return final hidden states `[B, T, d]`, with gradients; the handler computes the attention.

    Args:
        encoder, inputs, handler, audio: as `forward_whole`.

    Raises:
        InputError: as `forward_whole`.
    """
    return hidden_in_time(encoder, forward_whole(encoder, encoder.model, inputs, handler, audio))


def forward_whole(
    encoder: "Encoder",
    whole: nn.Module,
    inputs: Mapping[str, Tensor],
    handler: AttentionHandler,
    audio: Sequence[np.ndarray] | None = None,
) -> Any:
    """Return the output of a model that contains the encoder, with gradients; the handler computes the attention.

    Args:
        encoder: the encoder, which alone has attention that is captured.
        whole: the model around it, or the encoder's own.
        inputs: what `Encoder.inputs` returns.
        handler: receives the call of each layer, with the number of the layer and its output projection.
        audio: the waves `[samples]` of the inputs; needed under interventions that depend on the utterance.

    Raises:
        InputError: the attention of a layer was not captured, because the model was changed after it was loaded.
    """
    called: list[nn.Module] = []
    adapter = adapter_of(encoder)
    unmeasured = set(adapter.modules()) if adapter else set()
    speech = None if audio is None else call_speech(encoder, audio)

    def number_calls(call: AttentionCall) -> Tensor:
        if call.module in unmeasured:
            return attend_with(NO_INTERVENTION, call, -1)[0]
        called.append(call.module)
        layer = len(called) - 1
        output = _projection_weight(encoder, layer, call.output)
        return handler(replace(call, layer=layer, output=output, speech=speech))

    with capture(encoder, number_calls, len(next(iter(inputs.values())))), change_blocks(encoder, speech):
        output = whole(**inputs)
    if encoder.layers and tuple(called) != encoder.layers:
        raise InputError(f"{encoder.name} no longer runs the attention that was captured at load; load it again")
    return output


def call_speech(encoder: "Encoder", audio: Sequence[np.ndarray]) -> CallSpeech:
    """Return the utterances of some waves `[samples]`, as attention calls have them."""
    return CallSpeech(audio, tuple(map(encoder.num_frames, audio)), encoder.patch_grid)


def default_handler(encoder: "Encoder", call: AttentionCall) -> Tensor:
    """Return the context `[B, T, H, d]` of a call under the encoder's interventions.

    Models that attend to silence after the utterance are measured in other calls, between the utterance's frames.
    """
    request = ReductionRequest(context_alone=encoder.family.sees_silence)
    return attend_with(encoder.intervention, call, call.layer, request)[0]


def adapter_of(encoder: "Encoder") -> nn.Module | None:
    """Return the module that changes the hidden states after the last layer with attention of its own, or None."""
    return getattr(encoder.model, encoder.family.adapter, None) if encoder.family.adapter else None


def hidden_in_time(encoder: "Encoder", output: Any) -> Tensor:
    """Return the final hidden states of a model's output; those of patches are averaged over their bands."""
    hidden: Tensor = output.last_hidden_state
    if not encoder.family.is_patch_grid:
        return hidden
    shape = patch_grid_shape(encoder.model.config)
    return hidden[:, SPECIAL_TOKENS:].unflatten(1, shape).mean(1)  # type: ignore[no-untyped-call]


def _projection_weight(encoder: "Encoder", layer: int, default: Tensor | None) -> Tensor | None:
    """Return the weight that projects the contexts of a layer's heads, or the one of the call."""
    name = encoder.output_projections[layer] if layer < len(encoder.output_projections) else ""
    return encoder.model.get_submodule(name).weight if name else default
