"""What is done to a model along a curve: heads removed step by step, or its span made narrower and narrower."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from otoscope.attention.ablation_kinds import AblationKind
from otoscope.attention.interventions import NO_INTERVENTION, Intervention, check_span
from otoscope.errors import InputError
from otoscope.importance.ranking import order
from otoscope.pruning.options import SPANS, STEP
from otoscope.typing import Floats

DIRECTIONS = ("high to low", "low to high")
ROW_NORMALISATIONS = ("renormalised", "published")


@dataclass(frozen=True, eq=False)
class PruningSchedule:
    """Every intervention once, the intact model first, and which of them each curve goes through.

    `removed [step]` heads are gone at each step, by each kind of `ablations`; `by_kind [ablation, ranking, direction,
    step]` and `spans [rows, radius]` say at which place in `interventions` each step is; `kinds` are those of the
    interventions; `radius` begins with infinity, the intact model.
    """

    interventions: Sequence[Intervention]
    kinds: Sequence[AblationKind]
    ablations: Sequence[AblationKind]
    removed: NDArray[np.int64]
    by_kind: NDArray[np.int64]
    radius: Floats
    spans: NDArray[np.int64]

    @property
    def heads(self) -> NDArray[np.int64]:
        """Return the places `[ranking, direction, step]` of the first kind of ablation."""
        return self.by_kind[0]


def make_schedule(
    scores: Sequence[Floats],
    step: float = STEP,
    spans: Sequence[int] = SPANS,
    ablations: Sequence[AblationKind] = ("zero",),
) -> PruningSchedule:
    """Return the interventions of the curves of some rankings and of some spans.

    Args:
        scores: scores `[layer, head]` of each ranking, at least one.
        step: share of all heads that each step removes.
        spans: radii in frames.
        ablations: kinds by which heads are removed.

    >>> both = make_schedule([np.array([[1.0, 2.0]])], step=0.5, spans=[4])
    >>> both.removed.tolist(), both.heads.tolist(), both.spans.tolist(), len(both.interventions)
    ([0, 1, 2], [[[0, 1, 2], [0, 3, 2]]], [[0, 4], [0, 5]], 6)
    """
    orders = [order(score) for score in scores]
    removed = _counts(len(orders[0]), step)
    radius = np.array([math.inf, *sorted(set(spans), reverse=True)])
    curves = [[_removals(heads, removed), _removals(heads[::-1], removed)] for heads in orders]
    limits = [
        [_span(reach, renormalise=rows == ROW_NORMALISATIONS[0]) for reach in radius] for rows in ROW_NORMALISATIONS
    ]
    by_kind = [[[[_with_kind(change, kind) for change in c] for c in both] for both in curves] for kind in ablations]
    spanned = [[_with_kind(change, "zero") for change in curve] for curve in limits]
    removals = chain(*chain(*chain(*by_kind)))
    changes = list(dict.fromkeys([_with_kind(NO_INTERVENTION, "zero"), *removals, *chain(*spanned)]))  # by first use
    index_of = {change: index for index, change in enumerate(changes)}
    return PruningSchedule(
        [intervention for intervention, _ in changes],
        [kind for _, kind in changes],
        ablations,
        removed,
        np.array([[[[index_of[change] for change in c] for c in both] for both in kind] for kind in by_kind]),
        radius,
        np.array([[index_of[change] for change in curve] for curve in spanned]),
    )


def _with_kind(change: Intervention, kind: AblationKind) -> tuple[Intervention, AblationKind]:
    """Return an intervention and its kind; without removed heads, all kinds are one."""
    return change, kind if change.removed else "zero"


def _removals(heads: Sequence[tuple[int, int]], removed: NDArray[np.int64]) -> list[Intervention]:
    """Return the interventions of a curve that removes heads in this order."""
    return [Intervention(frozenset(heads[:count])) for count in removed]


def check_steps(step: float, spans: Sequence[int]) -> None:
    """Raise InputError for a step that is not above 0 and at most 1, or a span that no utterance has."""
    if not 0 < step <= 1:
        raise InputError(f"expected a step above 0 and at most 1 of the heads, got {step:g}")
    if any(radius < 0 for radius in spans):
        raise InputError(f"expected spans of 0 frames or more, got {min(spans)}")
    for radius in spans:
        check_span(radius)


def _counts(n_heads: int, step: float) -> NDArray[np.int64]:
    """Heads removed at each step, from none to all."""
    shares = np.append(np.arange(0, 1, step), 1)
    return np.unique(np.round(shares * n_heads).astype(int))


def _span(radius: float, renormalise: bool) -> Intervention:
    return NO_INTERVENTION if math.isinf(radius) else Intervention(radius=int(radius), renormalise=renormalise)
