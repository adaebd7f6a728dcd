"""Tuned parameters of a layer are stored as one array and read back."""

import numpy as np

from otoscope.segmentation.boundaries import BoundaryScores
from otoscope.segmentation.search import COLUMNS, LayerTuning
from otoscope.segmentation.tuning import TunedParameters

HEAD = TunedParameters(0.1, 4.0, BoundaryScores(0.5, 0.6, 0.55, 0.2, 0.58), 2.0)
STATES = TunedParameters(0.3, 2.0, BoundaryScores(0.7, 0.6, 0.65, -0.1, 0.7), 5.0)


def test_a_layer_tuning_survives_storage() -> None:
    tuning = LayerTuning((HEAD, None), STATES)
    assert LayerTuning.from_array(tuning.to_array()) == tuning


def test_the_last_row_is_the_representation() -> None:
    rows = LayerTuning((HEAD, None), STATES).to_array()
    assert rows.shape == (3, len(COLUMNS))
    assert rows[0].tolist() == [0.1, 4.0, 2.0, 0.5, 0.6, 0.55, 0.2, 0.58]
    assert np.isnan(rows[1]).all()
    assert rows[2, :3].tolist() == [0.3, 2.0, 5.0]
