"""Change a model's attention while it runs: remove heads, limit the attention span."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from otoscope.attention.call import AttentionCall
from otoscope.attention.inputs import AttentionOptions
from otoscope.attention.kernels.torch_tiles import attend
from otoscope.attention.labels import Labels
from otoscope.attention.reduction_names import REQUIRES_MODEL, VALUE_NORM
from otoscope.attention.reductions import Reductions
from otoscope.attention.value_norms import with_value_norms
from otoscope.errors import InputError


@dataclass(frozen=True)
class Intervention:
    """A change of the attention of a model.

    Attributes:
        removed: heads `(layer, head)` whose context is zero.
        radius: queries attend to keys at most so many frames away; None: to all keys.
        renormalise: whether rows sum to one over the keys within the radius; otherwise the other weights are set to
            zero after the softmax.
    """

    removed: frozenset[tuple[int, int]] = frozenset()
    radius: int | None = None
    renormalise: bool = True


NO_INTERVENTION = Intervention()
MAX_SPAN_FRAMES = 10**6  # hours of speech, and small enough for integer arithmetic


def check_span(frames: int) -> None:
    """Raise InputError for a span that is longer than any utterance."""
    if frames > MAX_SPAN_FRAMES:
        raise InputError(
            f"expected a span of at most {MAX_SPAN_FRAMES} frames, got {frames}; omit it to attend to all keys"
        )


@dataclass(frozen=True)
class ReductionRequest:
    """What to compute of the attention of each utterance.

    Attributes:
        needs: names of the reductions.
        labels: the phones of the frames, if a reduction needs them.
        context_alone: no reductions are ever requested of this attention, so torch's own may compute the context. The
            bits of a context never depend on what is measured.
    """

    needs: frozenset[str] = frozenset()
    labels: Sequence[Labels] | None = None
    context_alone: bool = False


NO_REDUCTIONS = ReductionRequest()


def attend_with(
    intervention: Intervention, call: AttentionCall, layer: int, request: ReductionRequest = NO_REDUCTIONS
) -> tuple[Tensor, list[Reductions]]:
    """Return the context `[B, T, H, d]` of a call under an intervention, and the requested reductions per utterance.

    `attention_outside` is not computed here: `otoscope.attention.crop` does.

    Raises:
        InputError: value norms are requested of a layer whose output projection is unknown.
    """
    options = AttentionOptions(
        scaling=call.scaling,
        lengths=call.lengths,
        bias=call.bias_bhqk,
        radius=intervention.radius,
        renormalise=intervention.renormalise,
        span=call.span,
        needs=request.needs - REQUIRES_MODEL,
        labels=request.labels,
        context_alone=request.context_alone,
    )
    context_bthd, reductions = attend(call.query_bhtd, call.key_bhtd, call.value_bhtd, options)
    if VALUE_NORM in request.needs:
        reductions = with_value_norms(reductions, call)
    context_bthd[:, :, [head for removed_layer, head in intervention.removed if removed_layer == layer]] = 0
    return context_bthd, reductions
