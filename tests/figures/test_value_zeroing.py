"""What the figure of value zeroing shows of the scores."""

import numpy as np
import xarray as xr
from tests.helpers.example_zeroing import zeroing_of

from otoscope.figures.builtin.value_zeroing import expand_to_frames


def test_a_score_is_spread_over_the_frames_of_its_span_and_rows_sum_to_one():
    dataset = zeroing_of(xr.Dataset(coords={"layer": range(2), "query": range(30)}))
    shown = expand_to_frames(dataset)
    np.testing.assert_allclose(shown.sum(-1), 1)
    scores, starts, stops = (dataset[name].values for name in ("value_zeroing", "span_start", "span_stop"))
    for span in range(7):
        frames = slice(starts[span], stops[span])
        np.testing.assert_allclose(shown[..., frames].sum(-1), scores[..., span] / scores.sum(-1))
    assert (shown[..., starts[2] - 1] == 0).all()
