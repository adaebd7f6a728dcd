"""The claim that half of the heads go without loss."""

import numpy as np
import xarray as xr

from otoscope.papers.yang2020.claims.pruning import half_without_loss
from otoscope.results.verdict import Verdict


def test_removing_half_of_the_heads_does_not_hold_only_if_every_ranking_loses():
    def pruned(interval):
        change = np.array([[[0.0, -0.05, -0.2]], [[0.0, -0.06, -0.2]]])
        ends = np.stack([change, change], axis=-1)
        ends[1, 0, 1] = interval
        dims = ("ranking", "direction", "step")
        return xr.Dataset(
            {"change": (dims, change), "change_interval": ((*dims, "bound"), ends), "removed": ("step", [0, 2, 4])},
            {"ranking": ["globalness", "weight"], "direction": ["high to low"], "probe": "phone"},
        ).expand_dims("probe")

    assert half_without_loss(pruned((-0.07, -0.055)), "phone").verdict == Verdict.DOES_NOT_HOLD
    assert half_without_loss(pruned((-0.2, 0.03)), "phone").verdict == Verdict.UNDECIDED
    assert half_without_loss(pruned((-0.2, 0.03)), "phone").label.startswith("weight")
