"""Replace heads by their average offset profiles: fixed patterns, which need no queries and keys.

Axes: b utterance, h head, q query, k key, r offset from `-RADIUS` to `RADIUS`, d feature, o hidden state.
"""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from math import ceil
from typing import Any

import numpy as np
import torch
from torch import Tensor

from otoscope.attention.local_attention import pattern_attention
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.models.head_gates import context
from otoscope.refinement.fit_choice import fit_if_nearer
from otoscope.refinement.head_selection import Head
from otoscope.refinement.layer_fit import FitSample
from otoscope.refinement.modeling import record_patterns, refined_encoder
from otoscope.refinement.reduction_method import ReductionDraft, ReductionMethod
from otoscope.refinement.rescale import output_weights
from otoscope.refinement.speech_rows import speech_rows
from otoscope.refinement.surgery import fix_patterns
from otoscope.refinement.widths import LayerTargets, make_targets
from otoscope.typing import Floats

RADIUS = 64  # frames
FLOOR = 1e-8  # of the sum of a profile: offsets that no query attends to


def apply(draft: ReductionDraft) -> list[Head]:
    """Replace the heads of a draft that their profiles replace best, and return them."""
    original = draft.original
    original.check_heads()
    if not draft.parts.has_span or original.family.is_patch_grid:
        raise InputError(
            f"{original.name} adds positions to its scores or has patches, so that patterns cannot replace its heads; "
            "choose another --method"
        )
    targets = make_targets(draft)
    scores = profile_scores(original, targets.sample)
    heads = order_heads(pattern_errors(draft, targets, scores))
    fixed = heads[: _count(draft, scores, heads)]
    _check_divisible(draft, fixed)
    _fix_all(draft, draft.model, scores, fixed)
    fit_if_nearer(draft, lambda: _fit_layers(draft, targets, sorted({layer for layer, _ in fixed})))
    return sorted(fixed)


@torch.no_grad()
def profile_scores(encoder: Encoder, sample: FitSample) -> list[Tensor]:
    """Return the logarithm of the offset profile of each head, `[H, r]` of each layer, over the queries of speech.

    The profile of an offset is the mean attention of the queries that have a key there (SLT 2021).
    """
    sums = [torch.zeros(2, heads, 2 * RADIUS + 1, dtype=torch.float64) for heads in encoder.n_heads]
    for rows in speech_rows(encoder, sample):
        sums[rows.call.layer] += torch.stack([_offset_sums(each) for each in rows.maps()]).sum(0)
    means = [total_hr / count_hr.clamp(min=1) for total_hr, count_hr in sums]
    return [(each + FLOOR * each.sum(-1, keepdim=True)).log() for each in means]


def _offset_sums(attn_hqk: Tensor) -> Tensor:
    """Return the sum of attention at each offset and its number of queries, `[2, H, r]`."""
    offsets = range(-RADIUS, RADIUS + 1)
    sums = [attn_hqk.diagonal(offset, 1, 2).sum(-1) for offset in offsets]
    counts = [torch.full_like(sums[0], attn_hqk[0].diagonal(offset).numel()) for offset in offsets]
    return torch.stack([torch.stack(sums, -1), torch.stack(counts, -1)]).double()


@torch.no_grad()
def pattern_errors(draft: ReductionDraft, targets: LayerTargets, scores: Sequence[Tensor]) -> Floats:
    """Return how much the attention of a layer changes with the pattern of each head `[layer, head]`, NaN without one.

    The variance over frames of what changes, over that of what all heads give: a bias can take up a mean.
    """
    n_heads = draft.original.n_heads
    errors = [torch.zeros(heads, dtype=torch.float64) for heads in n_heads]
    totals, outputs = torch.zeros(len(n_heads), dtype=torch.float64), output_weights(draft.original)
    for rows in speech_rows(draft.original, targets.sample):
        call, layer = rows.call, rows.call.layer
        fixed_bthd = pattern_attention(call.value_bhtd, scores[layer].to(call.value_bhtd), rows.real_bt)
        for intact_thd, fixed_thd in zip(rows.real(context(call)), rows.real(fixed_bthd), strict=True):
            changes_hto = torch.einsum("thd,hdo->hto", fixed_thd - intact_thd, outputs[layer])
            errors[layer] += _spread(changes_hto)
            totals[layer] += _spread(torch.einsum("thd,hdo->to", intact_thd, outputs[layer])[None])[0]
    padded = np.full((len(n_heads), max(n_heads)), np.nan)
    for layer, each in enumerate(errors):
        padded[layer, : len(each)] = each / totals[layer]
    return padded


def _spread(states_hto: Tensor) -> Tensor:
    return (states_hto - states_hto.mean(1, keepdim=True)).double().square().sum((1, 2))


def order_heads(errors: Floats) -> list[Head]:
    """Return heads from the least error to the largest, without the head of the largest error of each layer.

    Examples:
        >>> order_heads(np.array([[0.2, 0.1, 0.9], [0.3, np.nan, 0.0]]))
        [(1, 2), (0, 1), (0, 0)]
    """
    worst = {(layer, int(np.nanargmax(row))) for layer, row in enumerate(errors) if not np.isnan(row).all()}
    order = [divmod(int(place), errors.shape[1]) for place in np.argsort(errors, axis=None, kind="stable")]
    return [head for head in order if head not in worst and not np.isnan(errors[head])]


def _count(draft: ReductionDraft, scores: Sequence[Tensor], heads: Sequence[Head]) -> int:
    """Return how many heads must be replaced to reach the budget; each saves as much as the first one.

    Raises:
        InputError: all of them do not reach it.
    """
    before, saving = _shares(draft, scores, heads)
    if before <= draft.budget:
        return 0
    count = ceil((before - draft.budget) / saving - 1e-9) if saving > 0 else len(heads) + 1
    if count > len(heads):
        raise draft.unreachable(before - saving * len(heads), "queries and keys but those of a head of each layer")
    return count


def _shares(draft: ReductionDraft, scores: Sequence[Tensor], heads: Sequence[Head]) -> tuple[float, float]:
    """Return the share of the costs of the original that the draft has, and that a pattern saves.

    The time of one pattern is below the noise of a timing, so that all of them are timed together.
    """
    if draft.latency is not None:
        before = draft.latency_without("nothing")
        after = draft.latency_without("queries and keys", lambda model: _fix_all(draft, model, scores, heads))
        return before, (before - after) / max(len(heads), 1)
    before = sum(draft.macs().values()) / draft.original_macs
    trial = replace(draft, model=deepcopy(draft.model))
    _fix_all(draft, trial.model, scores, heads[:1])
    return before, before - sum(trial.macs().values()) / draft.original_macs


def _fix_all(draft: ReductionDraft, model: Any, scores: Sequence[Tensor], heads: Sequence[Head]) -> None:
    """Fix the patterns of some heads of a refined model."""
    for layer in sorted({layer for layer, _ in heads}):
        own = {head: scores[layer][head] for at, head in heads if at == layer}
        fix_patterns(refined_encoder(model), draft.parts, layer, own)
    record_patterns(model, RADIUS)


def _check_divisible(draft: ReductionDraft, fixed: Sequence[Head]) -> None:
    """Raise InputError if Whisper's attention cannot divide the values of a layer by its heads with queries."""
    frames = window_frames(draft.original)
    for layer, heads in enumerate(draft.original.n_heads):
        count = sum(at == layer for at, _ in fixed)
        if count and not can_fix(frames, heads, count):
            raise InputError(
                f"layer {layer} of {draft.original.name} would keep {heads - count} heads with queries, which do not "
                f"divide its {frames} frames of {heads} heads; choose another --budget-macs"
            )


def window_frames(encoder: Encoder) -> int:
    """Return the frames of the window of a model whose attention divides values by its heads with queries, else 0."""
    return int(getattr(encoder.model.config, "max_source_positions", 0))


def can_fix(frames: int, heads: int, count: int) -> bool:
    """Return whether a layer of some heads can have so many fixed patterns: a head stays free, and frames divide.

    >>> can_fix(1500, 6, 2), can_fix(1500, 8, 1), can_fix(0, 2, 2)
    (True, False, False)
    """
    free = heads - count
    return free > 0 and frames * heads % free == 0


@torch.no_grad()
def _fit_layers(draft: ReductionDraft, targets: LayerTargets, layers: Sequence[int]) -> None:
    """Fit what the attention of some layers gives, from the first to the last."""
    for layer in layers:
        targets.fit(draft.encoder, targets.attention[layer])


METHOD = ReductionMethod(
    name="patterns",
    doc="Replaces heads by their average offset profiles, which need no queries and keys; outputs are fitted.",
    source="offset profiles of SLT 2021; fixed patterns after Raganato et al. 2020 (arXiv 2002.10260)",
    apply=apply,
    knows_latency=True,
)
