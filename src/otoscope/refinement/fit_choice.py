"""A fit of layers that is undone if the output of the whole model is nearer to the original's without it.

Least squares bring each layer nearer to what it gave; the output can still become worse. In Whisper, the decoder reads
directions of little variance, which a fit of a sum of squares gives up first.
"""

from collections.abc import Callable

import numpy as np
import torch

from otoscope.errors import InputError
from otoscope.refinement.reduction_method import ReductionDraft
from otoscope.refinement.source_model import SourceModel
from otoscope.refinement.tuning_target import Distance, LogitsDistance, check_target


def fit_if_nearer(draft: ReductionDraft, fit: Callable[[], None]) -> bool:
    """Fit a draft in place, and undo it if the logits of the whole model are nearer to the original's before.

    Models without a decoder, a CTC head or a classifier have no output that says what matters: the fit stays.

    Args:
        draft: a reduced model.
        fit: changes weights of the draft, not their shapes.

    Returns:
        Whether the fit stays.
    """
    if not has_logits(draft.source):
        fit()
        return True
    distance = LogitsDistance(draft.source, draft.model)
    before, weights = mean_distance(draft, distance), list(draft.model.parameters())
    stored = [weight.detach().clone() for weight in weights]
    fit()
    if mean_distance(draft, distance) <= before:
        return True
    with torch.no_grad():
        for weight, value in zip(weights, stored, strict=True):
            weight.copy_(value)
    return False


def has_logits(source: SourceModel) -> bool:
    """Return whether a model has logits that can be compared, and what a decoder needs to write texts."""
    try:
        check_target(source)
    except InputError:
        return False
    return True


@torch.no_grad()
def mean_distance(draft: ReductionDraft, distance: Distance) -> float:
    """Return the mean distance of the utterances of the sample, one after the other, so without padding."""
    waves = [wave for batch in draft.sample.batches for wave in batch.waves]
    return float(np.mean([float(distance([wave])) for wave in waves]))
