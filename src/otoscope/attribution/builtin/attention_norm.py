"""Attention norm of a head: its weights times the norms of the projected values of the frames."""

from otoscope.attention.reduction_names import VALUE_NORM
from otoscope.attribution.attribution import Attribution, AttributionContext
from otoscope.errors import InputError
from otoscope.models.encoder import Encoder
from otoscope.typing import Floats


def score(context: AttributionContext) -> Floats:
    """Return the norms of each piece, `[n, layer, head, z]`."""
    norm = context.attention.norm
    assert norm is not None
    return context.pieces.sums(norm)


def check(encoder: Encoder) -> None:
    """Raise InputError if the projections of the model are unknown."""
    if VALUE_NORM not in encoder.model_reductions:
        (reason, *_) = encoder.unavailable_statistics.values()
        raise InputError(f"expected value norms of {encoder.name}, found none: {reason}; omit attention-norm")


ATTRIBUTION = Attribution(
    name="attention-norm",
    doc="Attention weights of a head times the norms of the projected values.",
    source="Kobayashi et al. 2020 (arXiv 2004.10102)",
    role="attention",
    function=score,
    per_head=True,
    check_model=check,
)
