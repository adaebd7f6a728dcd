"""Refuse a model that would be measured wrongly: run it once on noise, watched and unwatched, alone and padded."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.full_maps import full_maps
from otoscope.attention.hf_capture import NAME
from otoscope.attention.interventions import NO_INTERVENTION, attend_with
from otoscope.errors import InputError
from otoscope.models.capture import forward_with_handler
from otoscope.models.encoder import Encoder
from otoscope.models.output_projections import find_output_projections

SECONDS = (1.0, 0.62, 0.6, 0.57, 0.53)  # so that the padded ones end within pooled or stacked frames too
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-8, torch.bfloat16: 5e-2, torch.float16: 1e-2}

ROUNDING = 1e-3  # of the sum of a row


def examine(encoder: Encoder) -> Encoder:
    """The encoder with its layers, heads, outputs and `pads` found, its model switched to watched attention.

    Raises:
        InputError: a layer's attention is not reached, rows do not sum to one, all heads are equal, or watching
            changes the output.
    """
    waves = noise(encoder.sampling_rate)
    unwatched = encoder.forward_unhooked(waves[:1])
    if not encoder.family.attention_classes:
        encoder.model.set_attn_implementation(NAME)
    calls = first_calls(encoder, waves[0])
    check_finite(encoder, unwatched, calls)
    check_layers(encoder, calls)
    check_maps(encoder, calls)
    check_frames(encoder, calls, waves[0])
    found = replace(encoder, layers=tuple(c.module for c in calls), n_heads=tuple(c.query_bhtd.shape[1] for c in calls))
    found = replace(found, output_projections=find_output_projections(found, waves[0]))
    watched = found.forward(waves[:1])
    real = slice(watched.lengths[0])
    if (difference := relative_difference(watched.hidden[:, real], unwatched[:, real])) > tolerance(found):
        raise _refused(encoder, f"watching its attention changes its output by {difference:.1e} of its largest value")
    return replace(found, padding_invariant=is_padding_invariant(found, waves))


def noise(sampling_rate: int) -> list[np.ndarray]:
    """Some waves of seeded noise, of different length, the longest first."""
    rng = np.random.default_rng(0)
    return [rng.normal(0, 0.1, int(seconds * sampling_rate)).astype(np.float32) for seconds in SECONDS]


def first_calls(encoder: Encoder, wave: np.ndarray) -> list[AttentionCall]:
    """Every attention call of one forward pass, in order."""
    calls: list[AttentionCall] = []

    def answer(call: AttentionCall) -> Tensor:
        calls.append(call)
        return attend_with(NO_INTERVENTION, call, call.layer)[0]

    forward_with_handler(encoder, [wave], answer)
    return calls


def check_finite(encoder: Encoder, hidden: Tensor, calls: Sequence[AttentionCall]) -> None:
    """Its numbers do not overflow."""
    if not hidden.isfinite().all():
        states = [(call.query_bhtd, call.key_bhtd, call.value_bhtd) for call in calls]
        finite = [all(bool(one.isfinite().all()) for one in given) for given in states]
        where = "after its last layer" if all(finite) else f"by the attention of layer {finite.index(False)}"
        raise _refused(encoder, overflow(hidden.dtype, where))


def overflow(dtype: torch.dtype, where: str) -> str:
    """What to say of numbers that are not finite."""
    if dtype in (torch.float16, torch.bfloat16):
        number = str(dtype).removeprefix("torch.")
        return f"its numbers overflow {number} {where}; use dtype float32 (--dtype float32)"
    return f"its numbers are not finite {where}; check its weights"


def check_layers(encoder: Encoder, calls: Sequence[AttentionCall]) -> None:
    """Each layer of the configuration calls its attention once."""
    expected = getattr(encoder.model.config, encoder.family.num_layers_key)
    modules = {id(call.module) for call in calls}
    apart = 1 if getattr(encoder.model.config, "share_layer", False) else expected
    if (len(calls), len(modules)) != (expected, apart):
        seen = f"{len(calls)} calls in {len(modules)} modules"
        raise _refused(encoder, f"expected one attention call in each of {expected} layers, saw {seen}")


def check_maps(encoder: Encoder, calls: Sequence[AttentionCall]) -> None:
    """Maps are finite, rows sum to one, and heads differ somewhere."""
    maps = [full_maps(call, NO_INTERVENTION) for call in calls if call.query_bhtd.shape[1]]
    if not all((m.sum(-1) - 1).abs().max() <= ROUNDING for m in maps):
        raise _refused(encoder, "rows of its attention maps do not sum to one")
    if max(map(len, maps), default=0) > 1 and all(torch.equal(a, b) for m in maps for a, b in pairwise(m)):
        raise _refused(encoder, "all heads of each layer have the same attention map")


def check_frames(encoder: Encoder, calls: Sequence[AttentionCall], wave: np.ndarray) -> None:
    """The frames that are told of a wave are those that attend, but for models that attend to silence behind it."""
    seen, told = calls[0].lengths[0], encoder.num_frames(wave)
    if seen != told and not encoder.family.sees_silence:
        raise _refused(encoder, f"{len(wave)} samples were said to give {told} frames, and gave {seen}")


def is_padding_invariant(encoder: Encoder, waves: Sequence[np.ndarray]) -> bool:
    """Whether a padded batch gives the hidden states of its utterances alone."""
    alone = [encoder.forward([wave]) for wave in waves]
    together = replace(encoder, padding_invariant=True).forward(waves)
    if together.lengths != tuple(length for one in alone for length in one.lengths):
        return False
    pairs = [(together.hidden[i, : one.lengths[0]], one.hidden[0]) for i, one in enumerate(alone)]
    return all(relative_difference(a, b) <= tolerance(encoder) for a, b in pairs)


def relative_difference(a: Tensor, b: Tensor) -> float:
    """Largest difference over the largest value of `b`; infinite where shapes differ or a value is not finite."""
    if a.shape != b.shape or not (a.isfinite().all() and b.isfinite().all()):
        return float("inf")
    return float((a - b).abs().max() / b.abs().max().clamp(min=1e-30))


def tolerance(encoder: Encoder) -> float:
    """Largest relative difference that rounding explains in the model's number format."""
    return TOLERANCE[next(encoder.model.parameters()).dtype]


def _refused(encoder: Encoder, reason: str) -> InputError:
    kind = type(encoder.model).__name__
    return InputError(f"{encoder.name} ({kind}) fails the self-check: {reason}; otoscope does not measure it")
