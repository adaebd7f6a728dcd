"""Runs of weights from drawn matrices, so that their figures are tested without any model."""

import torch

from otoscope.head_weights import WEIGHT_MEASURES
from otoscope.head_weights.matrices import HeadMatrices
from otoscope.head_weights.projections import HeadMatrix
from otoscope.head_weights.weights import measure_weights

WEIGHTS = {
    "6x8": {"heads": [8] * 6},
    "2x2": {"heads": [2, 2]},
    "24x16": {"heads": [16] * 24},
    "uneven": {"heads": [4, 0, 1, 3]},
    "one head": {"heads": [1]},
}


def weights_dataset(heads, seed=0):
    rng = torch.Generator().manual_seed(seed)

    def draw(count):
        left = torch.randn(count, 12, 4, generator=rng, dtype=torch.float64)
        return HeadMatrices(left, torch.randn(count, 4, 12, generator=rng, dtype=torch.float64))

    layers = [{HeadMatrix.qk: draw(count), HeadMatrix.ov: draw(count)} if count else {} for count in heads]
    dataset = measure_weights(layers, WEIGHT_MEASURES.select())
    return dataset.assign_attrs(kind="weights", model="drawn", synthetic=1, undefined=[])
