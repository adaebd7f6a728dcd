"""The effect of restoring heads: by gradient for all of them at once, and exactly for some.

The *drop* of a restored head is the loss on the corrupted utterance minus the loss with the head's context of the clean
one. By gradient it is `-<dL/dc, c_clean - c>` at the corrupted utterance, a first-order estimate (attribution patching;
Nanda 2023, Syed et al. 2023, arXiv 2310.10348): one run of the clean and one of the corrupted utterance for all heads.

Axes: t frame, h head, d feature, m measure, g group of heads.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.output_changes import OutputChange, Unit
from otoscope.models.capture import forward_inputs
from otoscope.models.encoder import Encoder
from otoscope.models.head_gates import context
from otoscope.models.output_sources import run_outputs
from otoscope.probing.scorer import Scorer
from otoscope.typing import Array, Floats

Contexts = Mapping[int, Tensor]
"""Contexts `[T, H, d]` of each layer."""


@dataclass(frozen=True, eq=False)
class PatchedUtterance:
    """An utterance, clean and corrupted, by its index in the scorers; `clean_hidden [T, d]` are final states."""

    index: int
    clean: np.ndarray
    corrupted: np.ndarray
    clean_hidden: Tensor


@dataclass(frozen=True, eq=False)
class GradientEffects:
    """Losses `[m]` of the clean and the corrupted utterance, and drops `[T, H]` by measure and layer."""

    clean: Floats
    corrupted: Floats
    drops: Sequence[Mapping[int, Tensor]]


def clean_contexts(encoder: Encoder, wave: np.ndarray) -> dict[int, Tensor]:
    """Return the contexts `[T, H, d]` of each layer on a wave."""
    contexts: dict[int, Tensor] = {}
    run_outputs(encoder, wave, "heads", lambda layer, outputs: contexts.update({layer: outputs.clone()}))
    return contexts


def gradient_effects(
    encoder: Encoder, utterance: PatchedUtterance, contexts: Contexts, scorers: Mapping[str, Scorer]
) -> GradientEffects:
    """Return the drops of all heads by gradient, from one run of the corrupted utterance."""
    own: dict[int, Tensor] = {}
    offsets: dict[int, Tensor] = {}

    def handler(call: AttentionCall) -> Tensor:
        context_bthd = context(call)
        own[call.layer] = context_bthd.detach()
        offsets[call.layer] = torch.zeros_like(own[call.layer], requires_grad=True)
        return context_bthd + offsets[call.layer]

    inputs = encoder.inputs([utterance.corrupted])
    states = forward_inputs(encoder, inputs, handler, [utterance.corrupted])
    hidden = states[0, : len(utterance.clean_hidden)].float().cpu()
    losses = [scorer.loss(utterance.index, hidden) for scorer in scorers.values()]
    layers = [layer for layer, heads in enumerate(encoder.n_heads) if heads]
    drops = []
    for loss in losses:
        gradients = torch.autograd.grad(loss, [offsets[layer] for layer in layers], retain_graph=True)
        pairs = zip(layers, gradients, strict=True)
        drops.append({layer: _drop(gradient, own[layer], contexts[layer]) for layer, gradient in pairs})
    clean = [scorer.loss(utterance.index, utterance.clean_hidden) for scorer in scorers.values()]
    return GradientEffects(_numbers(clean), _numbers(losses), drops)


def _drop(gradient_bthd: Tensor, own_bthd: Tensor, clean_thd: Tensor) -> Tensor:
    """Return the drop of each frame and head, `[T, H]`."""
    frames = len(clean_thd)
    return -(gradient_bthd[0, :frames] * (clean_thd - own_bthd[0, :frames])).sum(-1).double().cpu()


def _numbers(losses: Sequence[Tensor]) -> Floats:
    return np.array([loss.item() for loss in losses])


def hidden_of(encoder: Encoder, wave: np.ndarray) -> Tensor:
    """Return the final hidden states `[T, d]` of a wave (float32, CPU), under the interventions in force."""
    encoded = encoder.forward([wave])
    return encoded.hidden[0, : encoded.lengths[0]].float().cpu()


def exact_losses(
    encoder: Encoder,
    utterance: PatchedUtterance,
    contexts: Contexts,
    scorers: Mapping[str, Scorer],
    groups: Sequence[Sequence[Unit]],
) -> Floats:
    """Return the losses `[m, g]` of the corrupted utterance with the contexts of each group of heads restored."""
    return np.stack([_restored_losses(encoder, utterance, contexts, scorers, units) for units in groups], axis=-1)


def frame_losses(
    encoder: Encoder,
    utterance: PatchedUtterance,
    contexts: Contexts,
    scorers: Mapping[str, Scorer],
    frames: Sequence[tuple[int, Array]],
) -> Floats:
    """Return the losses `[m, n]` with all heads of a layer restored in the frames of a mask `[T]`, for each n."""
    corrupted = clean_contexts(encoder, utterance.corrupted) if frames else {}
    losses = []
    for layer, mask_t in frames:
        mask = torch.from_numpy(mask_t).to(contexts[layer].device)[:, None, None]
        mixed = {layer: torch.where(mask, contexts[layer], corrupted[layer])}
        units = [(layer, head) for head in range(encoder.n_heads[layer])]
        losses.append(_restored_losses(encoder, utterance, mixed, scorers, units))
    return np.reshape(losses, (-1, len(scorers))).T


def _restored_losses(
    encoder: Encoder,
    utterance: PatchedUtterance,
    contexts: Contexts,
    scorers: Mapping[str, Scorer],
    units: Sequence[Unit],
) -> Floats:
    with encoder.intervene(OutputChange("states", frozenset(units), states=[contexts])):
        hidden = hidden_of(encoder, utterance.corrupted)
    return _numbers([scorer.loss(utterance.index, hidden) for scorer in scorers.values()])
