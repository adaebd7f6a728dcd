"""Measure a batch: run an encoder, and reduce the attention of each utterance and layer to the requested sums.

Axes: b utterance, h head, t frame, d feature.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.crop import crop_to_utterance
from otoscope.attention.interventions import ReductionRequest, attend_with, merge_heads, with_factors
from otoscope.attention.labels import Labels
from otoscope.attention.pattern_changes import split_call
from otoscope.attention.reduction_names import VALUE_NORM
from otoscope.attention.reductions import Reductions
from otoscope.attention.value_norms import with_value_norms
from otoscope.models.capture import adapter_of, default_handler, forward_with_handler
from otoscope.models.encoder_output import EncoderOutput, concat_outputs, zero_padding

if TYPE_CHECKING:
    from otoscope.models.encoder import Encoder

OnLayer = Callable[[int, list[Reductions]], None]
"""Receives the number of a layer, and its reductions of each utterance."""


def measure(
    encoder: "Encoder",
    audio: Sequence[np.ndarray],
    needs: Collection[str],
    on_layer: OnLayer | None = None,
    labels: Sequence[Labels] | None = None,
) -> EncoderOutput:
    """Run some waves and compute reductions, in one batch if padding does not change the numbers of the model.

    Args:
        encoder: the model, with its interventions.
        audio: waves `[samples]` at the model's rate.
        needs: names of the reductions (fields of `Reductions`).
        on_layer: receives the reductions, layer by layer.
        labels: phones of the frames of each wave, for the reductions that require them.

    Returns:
        The final hidden states.

    Raises:
        InputError: a wave is too short for one frame, or too long.
    """
    one_batch = [slice(None)]
    batches = one_batch if encoder.padding_invariant else [slice(i, i + 1) for i in range(len(audio))]
    requests = [ReductionRequest(frozenset(needs), labels and labels[batch]) for batch in batches]
    outputs = [
        _measure_batch(encoder, audio[batch], request, on_layer)
        for batch, request in zip(batches, requests, strict=True)
    ]
    return concat_outputs(outputs)


def _measure_batch(
    encoder: "Encoder", audio: Sequence[np.ndarray], request: ReductionRequest, on_layer: OnLayer | None
) -> EncoderOutput:
    lengths: tuple[int, ...] = ()

    def handler(call: AttentionCall) -> Tensor:
        nonlocal lengths
        context_bthd, reductions, lengths = _reduce(encoder, call, audio, request)
        if on_layer is not None:
            on_layer(call.layer, reductions)
        return context_bthd

    hidden_btd = forward_with_handler(encoder, audio, handler)
    lengths = _output_lengths(encoder, audio, hidden_btd, lengths)
    return EncoderOutput(zero_padding(hidden_btd, lengths), lengths)


def _reduce(
    encoder: "Encoder", call: AttentionCall, audio: Sequence[np.ndarray], request: ReductionRequest
) -> tuple[Tensor, list[Reductions], tuple[int, ...]]:
    """Return the context of a call, reductions between the frames of the utterances, and the number of these frames."""
    if not encoder.family.sees_silence:
        return *attend_with(encoder.intervention, call, call.layer, request), call.lengths
    frames = tuple(map(encoder.num_frames, audio))
    reductions = _cropped_reductions(encoder, call, frames, request) if request.needs else []
    return default_handler(encoder, call), reductions, frames


def _cropped_reductions(
    encoder: "Encoder", call: AttentionCall, frames: tuple[int, ...], request: ReductionRequest
) -> list[Reductions]:
    """Return the reductions between frames of the utterances; each changed head is cropped after its change."""
    call = with_factors(encoder.intervention, call, call.layer)
    parts = split_call(encoder.intervention.patterns, call, call.layer)
    results = [_crop_and_reduce(encoder, part.call, frames, request) for part in parts]
    reductions = results[0][1] if len(parts) == 1 else merge_heads(parts, results)[1]
    uncropped = replace(call, lengths=frames)
    return with_value_norms(reductions, uncropped) if VALUE_NORM in request.needs else reductions


def _crop_and_reduce(
    encoder: "Encoder", call: AttentionCall, frames: tuple[int, ...], request: ReductionRequest
) -> tuple[Tensor, list[Reductions]]:
    cropped = crop_to_utterance(call, frames, encoder.patch_grid)
    spans = replace(encoder.intervention, removed=frozenset(), outputs=(), patterns=(), factors=())
    needs = request.needs - {VALUE_NORM}
    context_bthd, reductions = attend_with(spans, cropped.call, call.layer, replace(request, needs=needs))
    return context_bthd, [
        replace(reduction, attention_outside=share_h)
        for reduction, share_h in zip(reductions, cropped.outside_bh, strict=True)
    ]


def _output_lengths(
    encoder: "Encoder", audio: Sequence[np.ndarray], hidden_btd: Tensor, frames: tuple[int, ...]
) -> tuple[int, ...]:
    """Return the number of hidden states of each utterance, which may differ from the frames of its attention."""
    if (num_outputs := encoder.family.num_outputs) is not None:
        return tuple(num_outputs(encoder.model.config, len(wave)) for wave in audio)
    return (hidden_btd.shape[1],) * len(audio) if adapter_of(encoder) else frames
