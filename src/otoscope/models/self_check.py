"""Refuse a model that would be measured wrongly: run it on noise, with and without capture, alone and padded."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.full_maps import full_maps
from otoscope.attention.hf_capture import NAME
from otoscope.attention.interventions import NO_INTERVENTION
from otoscope.errors import InputError
from otoscope.models.check_cache import read_check, record_path, write_check
from otoscope.models.encoder import Encoder
from otoscope.models.encoder_output import EncoderOutput
from otoscope.models.output_projections import run_first_pass

SECONDS = (1.0, 0.62, 0.6, 0.57, 0.53)  # some of them end within pooled or stacked frames
TOLERANCE = {torch.float32: 1e-4, torch.float64: 1e-8, torch.bfloat16: 5e-2, torch.float16: 1e-2}
MAX_ROW_SUM_ERROR = 1e-3


def self_check(encoder: Encoder, *, recheck: bool = False) -> Encoder:
    """Return a new encoder with everything that a run on noise shows; where it passed before, from the cache.

    Args:
        encoder: its layers are not known yet.
        recheck: run it on noise also where it passed before.

    Returns:
        The encoder with `layers`, `n_heads`, `output_projections` and `padding_invariant`. Its model uses captured
        attention.

    Raises:
        InputError: the attention of a layer is not captured, rows do not sum to one, all heads are equal, or capture
            changes the output.
    """
    path = record_path(encoder)
    if path and not recheck and (checked := read_check(path, encoder)):
        capture_in_registry(encoder)
        return checked
    checked = run_self_check(encoder)
    if path:
        write_check(path, checked)
    return checked


def run_self_check(encoder: Encoder) -> Encoder:
    """Run a new encoder on noise, with and without capture, alone and padded; see `self_check`."""
    waves = noise(encoder.sampling_rate)
    expected = encoder.forward_unhooked(waves[:1])
    capture_in_registry(encoder)
    calls, output_projections = run_first_pass(encoder, waves[0])
    check_finite(encoder, expected, calls)
    check_layers(encoder, calls)
    check_maps(encoder, calls)
    check_frames(encoder, calls, waves[0])
    encoder = replace(
        encoder,
        layers=tuple(call.module for call in calls),
        n_heads=tuple(call.query_bhtd.shape[1] for call in calls),
        output_projections=tuple(output_projections),
    )
    output = encoder.forward(waves[:1])
    check_output(encoder, expected, output)
    return replace(encoder, padding_invariant=is_padding_invariant(encoder, waves, output))


def capture_in_registry(encoder: Encoder) -> None:
    """Let a model that takes its attention from the registry of transformers take the captured one."""
    if not encoder.family.attention_classes:
        encoder.model.set_attn_implementation(NAME)


def noise(sampling_rate: int) -> list[np.ndarray]:
    """Return waves `[samples]` of seeded noise of different lengths, the longest first."""
    rng = np.random.default_rng(0)
    return [rng.normal(0, 0.1, int(seconds * sampling_rate)).astype(np.float32) for seconds in SECONDS]


def check_finite(encoder: Encoder, hidden: Tensor, calls: Sequence[AttentionCall]) -> None:
    """Raise InputError if the output is not finite."""
    if not hidden.isfinite().all():
        is_finite = [
            all(bool(states.isfinite().all()) for states in (call.query_bhtd, call.key_bhtd, call.value_bhtd))
            for call in calls
        ]
        where = "after its last layer" if all(is_finite) else f"by the attention of layer {is_finite.index(False)}"
        raise _refused(encoder, overflow_message(hidden.dtype, where))


def overflow_message(dtype: torch.dtype, where: str) -> str:
    """Return what to write about numbers that are not finite."""
    if dtype in (torch.float16, torch.bfloat16):
        name = str(dtype).removeprefix("torch.")
        return f"its numbers overflow {name} {where}; use dtype float32 (--dtype float32)"
    return f"its numbers are not finite {where}; check its weights"


def check_layers(encoder: Encoder, calls: Sequence[AttentionCall]) -> None:
    """Raise InputError unless each layer of the configuration calls its attention once."""
    layers = getattr(encoder.model.config, encoder.family.num_layers_key)
    modules = {id(call.module) for call in calls}
    expected_modules = 1 if getattr(encoder.model.config, "share_layer", False) else layers
    if (len(calls), len(modules)) != (layers, expected_modules):
        count = f"{len(calls)} calls in {len(modules)} modules"
        raise _refused(encoder, f"expected one attention call in each of {layers} layers, found {count}")


def check_maps(encoder: Encoder, calls: Sequence[AttentionCall]) -> None:
    """Raise InputError unless rows of the maps sum to one and heads differ in some layer."""
    maps = [full_maps(call, NO_INTERVENTION) for call in calls if call.query_bhtd.shape[1]]
    if not all((attn_hqk.sum(-1) - 1).abs().max() <= MAX_ROW_SUM_ERROR for attn_hqk in maps):
        raise _refused(encoder, "rows of its attention maps do not sum to one")
    has_equal_heads = all(torch.equal(a, b) for attn_hqk in maps for a, b in pairwise(attn_hqk))
    if max(map(len, maps), default=0) > 1 and has_equal_heads:
        raise _refused(encoder, "all heads of each layer have the same attention map")


def check_frames(encoder: Encoder, calls: Sequence[AttentionCall], wave: np.ndarray) -> None:
    """Raise InputError unless the front end of the family counts the frames that attend.

    Of a wrapped module that attends to silence, all frames are checked. The other models of this kind have frames of
    their own.
    """
    if encoder.family.sees_silence and encoder.family.mechanism == "registry":
        return
    samples = round(encoder.max_seconds * encoder.sampling_rate) if encoder.family.sees_silence else len(wave)
    frames, expected = calls[0].lengths[0], encoder.family.front_end.num_frames(encoder.model.config, samples)
    if frames != expected:
        raise _refused(encoder, f"expected {expected} frames of {samples} samples, found {frames}")


def check_output(encoder: Encoder, expected: Tensor, output: EncoderOutput) -> None:
    """Raise InputError if capture changes the final hidden states."""
    frames = slice(output.lengths[0])
    if (difference := relative_difference(output.hidden[:, frames], expected[:, frames])) > tolerance(encoder):
        raise _refused(encoder, f"capturing its attention changes its output by {difference:.1e} of its largest value")


def is_padding_invariant(encoder: Encoder, waves: Sequence[np.ndarray], first: EncoderOutput) -> bool:
    """Return whether a padded batch gives the hidden states of its utterances alone; `first` is that of `waves[0]`.

    Models that pad all audio to one length have no mask to test: two utterances show that a batch keeps them apart.
    """
    if encoder.family.sees_silence and encoder.family.mechanism == "registry":
        waves = waves[:2]
    alone = [first, *(encoder.forward([wave]) for wave in waves[1:])]
    together = replace(encoder, padding_invariant=True).forward(waves)
    if together.lengths != tuple(length for output in alone for length in output.lengths):
        return False
    pairs = [(together.hidden[i, : output.lengths[0]], output.hidden[0]) for i, output in enumerate(alone)]
    return all(relative_difference(a, b) <= tolerance(encoder) for a, b in pairs)


def relative_difference(a: Tensor, b: Tensor) -> float:
    """Return the largest difference over the largest `b`; infinite if shapes differ or values are not finite."""
    if a.shape != b.shape or not (a.isfinite().all() and b.isfinite().all()):
        return float("inf")
    return float((a - b).abs().max() / b.abs().max().clamp(min=1e-30))


def tolerance(encoder: Encoder) -> float:
    """Return the largest relative difference that rounding explains in the model's number format."""
    return TOLERANCE[next(encoder.model.parameters()).dtype]


def _refused(encoder: Encoder, reason: str) -> InputError:
    kind = type(encoder.model).__name__
    return InputError(f"{encoder.name} ({kind}) fails the self-check: {reason}; otoscope does not measure it")
