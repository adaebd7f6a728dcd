"""Limit the span of each layer: short where its heads attend near by, full where they do not."""

from collections.abc import Sequence

import torch
from torch import Tensor

from otoscope.errors import InputError
from otoscope.refinement.head_selection import Head
from otoscope.refinement.layer_fit import make_fit_sample
from otoscope.refinement.macs import ATTENTION, count_macs
from otoscope.refinement.modeling import limit_spans
from otoscope.refinement.reduction_method import ReductionDraft, ReductionMethod
from otoscope.refinement.speech_rows import speech_rows
from otoscope.typing import Floats

RADII = (8, 16, 32, 64, 128, 256)  # frames


def apply(draft: ReductionDraft) -> list[Head]:
    """Limit the spans of a draft; no head goes."""
    name = draft.original.name
    if not draft.parts.has_span or draft.original.family.is_patch_grid or draft.span is not None:
        raise InputError(f"the spans of {name} cannot be chosen: it has positions, patches or a --span; omit --method")
    saved = span_savings(draft)
    excess = 1 - draft.budget
    least = 1 - sum(saved[0] for _ in draft.original.n_heads)
    if least > draft.budget:
        raise draft.unreachable(least, "attention beyond 8 frames")
    limit_spans(draft.model, choose_spans(lost_mass(draft), saved, excess))
    return []


def span_savings(draft: ReductionDraft) -> list[float]:
    """Return the share of the multiplications that each radius saves in a layer; 0 where it saves none."""
    encoder, n_layers = draft.original, draft.original.n_layers
    full = count_macs(encoder, draft.seconds)[ATTENTION]
    limited = [count_macs(encoder, draft.seconds, radius)[ATTENTION] for radius in RADII]
    return [max(full - each, 0) / n_layers / draft.original_macs for each in limited]


@torch.no_grad()
def lost_mass(draft: ReductionDraft) -> Floats:
    """Return the share of attention beyond each radius, mean over heads and utterances, `[layer, radius]`.

    Queries in silence or padding do not count.
    """
    encoder = draft.original
    sums = torch.zeros(encoder.n_layers, len(RADII), dtype=torch.float64)
    counts = torch.zeros(encoder.n_layers, 1, dtype=torch.float64)
    for rows in speech_rows(encoder, make_fit_sample(draft)):
        for attn_hqk in rows.maps():
            sums[rows.call.layer] += far_mass(attn_hqk)
            counts[rows.call.layer] += 1
    return (sums / counts.clamp(min=1)).numpy()


def far_mass(attn_hqk: Tensor) -> Tensor:
    """Return the mean attention beyond each radius, `[radius]`, of an utterance."""
    _, n_queries, T = attn_hqk.shape
    distances_qk = (torch.arange(n_queries)[:, None] - torch.arange(T)).abs()
    attn_qk = attn_hqk.mean(0)
    return torch.stack([attn_qk[distances_qk > radius].sum().double() / n_queries for radius in RADII])


def choose_spans(lost: Floats, saved: Sequence[float], excess: float) -> list[int | None]:
    """Return a span for each layer that saves enough and loses little attention: steps of the least loss for a saving.

    Args:
        lost: attention lost by each layer and radius `[layer, radius]`, radii from short to long.
        saved: share of the multiplications that each radius saves in a layer.
        excess: share to save.

    Examples:
        >>> import numpy as np
        >>> choose_spans(np.array([[0.1] * 6, [0.5] * 6]), [0.2, 0.2, 0.2, 0.2, 0.2, 0.1], 0.1)
        [128, None]
    """
    chosen = [len(RADII)] * len(lost)
    while sum(_at(saved, place) for place in chosen) < excess - 1e-9:
        steps = [
            ((_at(lost[layer], place) - _at(lost[layer], now)) / (_at(saved, place) - _at(saved, now)), layer, place)
            for layer, now in enumerate(chosen)
            for place in range(now)
            if _at(saved, place) > _at(saved, now)
        ]
        _, layer, place = min(steps, key=_cheapest_then_widest)
        chosen[layer] = place
    return [RADII[place] if place < len(RADII) else None for place in chosen]


def _cheapest_then_widest(step: tuple[float, int, int]) -> tuple[float, int, int]:
    return step[0], -step[2], step[1]


def _at(values: Sequence[float] | Floats, place: int) -> float:
    """Return the value of a radius; 0 without one."""
    return float(values[place]) if place < len(RADII) else 0.0


METHOD = ReductionMethod(
    name="spans",
    doc="Limits the span of each layer by how much attention is beyond it; no head goes.",
    source="span of Yang, Liu and Lee 2020 (arXiv 2006.03265), for each layer",
    apply=apply,
)
