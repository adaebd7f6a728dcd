"""Limit the span of each layer: short where its heads attend near by, full where they do not."""

from collections.abc import Sequence

import numpy as np
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
    saved = affordable_savings(draft)
    limit_spans(draft.model, choose_spans(lost_mass(draft), saved, 1 - draft.budget))
    return []


def affordable_savings(draft: ReductionDraft) -> list[float]:
    """Return what each radius saves in a layer.

    Raises:
        InputError: the model cannot have spans, or has some, or they cannot reach the budget.
    """
    name = draft.original.name
    if not draft.parts.has_span or draft.original.family.is_patch_grid:
        raise InputError(f"the spans of {name} cannot be chosen: it has positions or patches; omit --method")
    if getattr(draft.model.config, "attention_span", None) is not None:
        raise InputError(
            f"the spans of {name} cannot be chosen: it has spans, or a --span was passed; refine its original, without "
            "--span"
        )
    saved = span_savings(draft)
    least = 1 - sum(saved[0] for _ in draft.original.n_heads)
    if least > draft.budget:
        raise draft.unreachable(least, f"attention beyond {RADII[0]} frames")
    return saved


def span_savings(draft: ReductionDraft) -> list[float]:
    """Return the share of the multiplications or latency that each radius saves in a layer; 0 where it saves none."""
    if draft.latency is not None:
        return [_saved_latency(draft, radius) / draft.original.n_layers for radius in RADII]
    encoder, n_layers = draft.original, draft.original.n_layers
    full = count_macs(encoder, draft.seconds)[ATTENTION]
    limited = [count_macs(encoder, draft.seconds, radius)[ATTENTION] for radius in RADII]
    return [max(full - each, 0) / n_layers / draft.original_macs for each in limited]


def _saved_latency(draft: ReductionDraft, radius: int) -> float:
    limited = draft.latency_without(f"attention beyond {radius} frames", lambda model: limit_spans(model, radius))
    return max(1 - limited, 0.0)


def lost_mass(draft: ReductionDraft) -> Floats:
    """Return the share of attention beyond each radius, mean over heads and utterances, `[layer, radius]`."""
    return np.stack([layer.mean(0) if len(layer) else np.zeros(len(RADII)) for layer in lost_by_head(draft)])


@torch.no_grad()
def lost_by_head(draft: ReductionDraft) -> list[Floats]:
    """Return the share of attention beyond each radius, mean over utterances, `[head, radius]` of each layer.

    Queries in silence or padding do not count.
    """
    encoder = draft.original
    sums = [torch.zeros(heads, len(RADII), dtype=torch.float64) for heads in encoder.n_heads]
    counts = [0] * encoder.n_layers
    for rows in speech_rows(encoder, make_fit_sample(draft)):
        for attn_hqk in rows.maps():
            sums[rows.call.layer] += far_mass(attn_hqk)
            counts[rows.call.layer] += 1
    return [(total / max(count, 1)).numpy() for total, count in zip(sums, counts, strict=True)]


def far_mass(attn_hqk: Tensor) -> Tensor:
    """Return the mean attention beyond each radius, `[head, radius]`, of an utterance."""
    _, n_queries, T = attn_hqk.shape
    distances_qk = (torch.arange(n_queries)[:, None] - torch.arange(T)).abs()
    far = [attn_hqk.masked_fill(distances_qk <= radius, 0).sum((1, 2)).double() / n_queries for radius in RADII]
    return torch.stack(far, -1)


def choose_spans(lost: Floats, saved: Sequence[float], excess: float) -> list[int | None]:
    """Return a span for each part that saves enough and loses little attention: steps of the least loss for a saving.

    Args:
        lost: attention lost by each part, a layer or a head, and radius `[part, radius]`, radii from short to long.
        saved: share of the multiplications that each radius saves in a part.
        excess: share to save.

    Examples:
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
    knows_latency=True,
)
