"""How a model's attention may be changed while it runs, and the attention of one call under such a change."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.kernels.tiled import attend
from otoscope.attention.labels import Labels
from otoscope.attention.reductions import Reductions
from otoscope.attention.value_norm import VALUE_NORM
from otoscope.attention.value_norms import with_value_norms
from otoscope.errors import InputError


@dataclass(frozen=True)
class Intervention:
    """Heads `(layer, head)` whose context is zero, and a span: only keys within `radius` frames of the query.

    With `renormalise` rows sum to one over the keys in the span; without, the others are cut from the full rows.
    """

    removed: frozenset[tuple[int, int]] = frozenset()
    radius: int | None = None
    renormalise: bool = True


NO_INTERVENTION = Intervention()
LONGEST_SPAN = 10**6  # frames: hours of speech, and small enough to count with


def check_span(frames: int) -> None:
    """Raise InputError for a span beyond any utterance."""
    if frames > LONGEST_SPAN:
        raise InputError(
            f"expected a span of at most {LONGEST_SPAN} frames, got {frames}; leave it out to attend to all"
        )


@dataclass(frozen=True)
class ReductionRequest:
    """Reductions that are wanted of each utterance, and the phones of its frames for those that need them."""

    needs: frozenset[str] = frozenset()
    labels: Sequence[Labels] | None = None


NO_REDUCTIONS = ReductionRequest()


def attend_with(
    change: Intervention, call: AttentionCall, layer: int, wanted: ReductionRequest = NO_REDUCTIONS
) -> tuple[Tensor, list[Reductions]]:
    """Context `[B, T, H, d]` of a layer's call under a change, and the reductions that are wanted of each utterance."""
    context, reductions = attend(
        call.query_bhtd,
        call.key_bhtd,
        call.value_bhtd,
        scaling=call.scaling,
        lengths=call.lengths,
        bias=call.bias_bhqk,
        radius=change.radius,
        renormalise=change.renormalise,
        span=call.span,
        needs=wanted.needs - {VALUE_NORM},
        labels=wanted.labels,
    )
    if VALUE_NORM in wanted.needs:
        reductions = with_value_norms(reductions, call)
    context[:, :, [head for at, head in change.removed if at == layer]] = 0
    return context, reductions
