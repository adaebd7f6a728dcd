"""Run a model once on each utterance, and collect what each token draws, what it holds, and what each head adds.

Axes: b utterance, h head, t frame, k token, d feature of the hidden state.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
from torch import Tensor
from transformers import PreTrainedModel

from otoscope.attention.call import AttentionCall
from otoscope.attention.key_masses import inside, key_masses
from otoscope.attention.speech import CallSpeech
from otoscope.attention.value_norms import value_norms
from otoscope.attention_sinks.measure import LayerTokens
from otoscope.models.capture import call_speech, default_handler, forward_with_handler
from otoscope.models.encoder import Encoder
from otoscope.representations.states import record_states
from otoscope.typing import Floats


@dataclass(frozen=True, eq=False)
class Observation:
    """One utterance: its place among others that ran with it, and its tokens in each layer."""

    speech: CallSpeech
    place: int
    layers: Sequence[LayerTokens]


def observe(encoder: Encoder, waves: Sequence[np.ndarray]) -> list[Observation]:
    """Return the tokens of each utterance, from one run of the model on each.

    Utterances run as one batch if padding does not change the numbers of the model, otherwise one by one.
    """
    batches = [waves] if encoder.padding_invariant else [[wave] for wave in waves]
    return [observation for batch in batches for observation in _observe_batch(encoder, batch)]


def _observe_batch(encoder: Encoder, waves: Sequence[np.ndarray]) -> list[Observation]:
    layers: list[list[LayerTokens]] = []

    def handler(call: AttentionCall) -> Tensor:
        context_bthd = default_handler(encoder, call)
        layers.append([_tokens(call, context_bthd, b) for b in range(len(waves))])
        return context_bthd

    none: list[tuple[Tensor, ...]] = []
    has_states = isinstance(encoder.model, PreTrainedModel)
    with record_states(encoder) if has_states else nullcontext(none) as runs:
        forward_with_handler(encoder, waves, handler)
    hidden = _layer_inputs(runs[0] if runs else (), layers)
    speech = call_speech(encoder, waves)
    return [
        Observation(speech, b, [_with_hidden(layer[b], each, b) for layer, each in zip(layers, hidden, strict=True)])
        for b in range(len(waves))
    ]


def _tokens(call: AttentionCall, context_bthd: Tensor, b: int) -> LayerTokens:
    mass_hk, is_inside_k = key_masses(call, b), inside(call, b)
    values = outputs = None
    if call.output is not None:
        _, H, _, d = call.value_bhtd.shape
        output_hdo = call.output.T.reshape(H, d, len(call.output))
        values = _array(value_norms(call.value_bhtd[b, :, : len(is_inside_k)], output_hdo))
        context_htd = context_bthd[b, : len(is_inside_k)].transpose(0, 1)
        outputs = _array(value_norms(context_htd, output_hdo))[:, is_inside_k].mean(-1)
    return LayerTokens(_array(mass_hk), is_inside_k, values, outputs)


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.double().cpu().numpy()
    return array


def _layer_inputs(states: Sequence[Tensor], layers: Sequence[Sequence[LayerTokens]]) -> list[Tensor | None]:
    """Return the hidden states `[B, N, d]` before each layer; None where the model does not return them."""
    longest = max(len(tokens.is_inside_k) for tokens in layers[0])
    of_tokens = [state for state in states if state.shape[1] >= longest][-len(layers) - 1 : -1]
    return [*of_tokens] if len(of_tokens) == len(layers) else [None] * len(layers)


def _with_hidden(tokens: LayerTokens, states_bnd: Tensor | None, b: int) -> LayerTokens:
    if states_bnd is None:
        return tokens
    hidden_kd = states_bnd[b, : len(tokens.is_inside_k)].float().cpu().numpy()
    return LayerTokens(tokens.mass_hk, tokens.is_inside_k, tokens.value_norm_hk, tokens.output_norm_h, hidden_kd)
