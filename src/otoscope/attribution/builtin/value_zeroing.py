"""Value zeroing: how much each layer's output changes without the values of a piece, combined as rollout."""

import numpy as np

from otoscope.attribution.attribution import Attribution, AttributionContext
from otoscope.maps.rollout import rollout
from otoscope.maps.value_zeroing import value_zeroing
from otoscope.models.encoder import Encoder
from otoscope.typing import Floats

CHECK_SECONDS = 0.5


def score(context: AttributionContext) -> Floats:
    """Return the scores of each piece, `[n, z]`.

    The distances of each layer are averaged over the frames of a piece, and scaled to rows that sum to one.
    """
    pieces = context.pieces
    distance_ltz = value_zeroing(context.encoder, context.wave, pieces.spans)
    distance_lzz = pieces.means(np.moveaxis(distance_ltz, 1, -1)).swapaxes(1, 2).clip(min=0)
    total_lz = distance_lzz.sum(-1, keepdims=True)
    mixing_lzz = np.divide(distance_lzz, total_lz, out=np.zeros_like(distance_lzz), where=total_lz > 0)
    return pieces.sums(context.outputs.reads_nt) @ rollout(mixing_lzz[:, None])[-1]


def check(encoder: Encoder) -> None:
    """Raise InputError if the layers of the model cannot run separately."""
    samples = round(CHECK_SECONDS * encoder.sampling_rate)
    value_zeroing(encoder, np.random.default_rng(0).normal(size=samples), [(0, 1)])


ATTRIBUTION = Attribution(
    name="value-zeroing",
    doc="Change of each layer's output without the values of a piece, through all layers.",
    source="Mohebbi et al. 2023 (arXiv 2301.12971)",
    role="attention",
    function=score,
    check_model=check,
)
