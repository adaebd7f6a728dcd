"""Similar heads of a run: compared by the maps that it stores."""

import numpy as np
import pytest
from tests.helpers.synthetic_run import make_run

from otoscope.errors import InputError
from otoscope.maps import similarity
from otoscope.results.similar_heads import similar_heads, similar_heads_table


def test_the_heads_of_a_run_are_compared_by_its_stored_maps(tmp_path) -> None:
    run = make_run(tmp_path / "run", 3, n_heads=[4, 1, 2], utterances=2, maps=2)
    heads = similar_heads(run, run.maps[1])
    stored = similarity(run.map(run.maps[1])["attention"].values)
    assert heads[["layer", "head"]].values.tolist() == run.heads[["layer", "head"]].values.tolist()
    for row in heads.itertuples():
        assert row.similarity == stored[row.layer, row.head, row.similar_layer, row.similar_head]
    assert np.isnan(heads.set_index("layer").loc[1, "within_layer"])
    text = similar_heads_table(run, "similarity")
    assert "similar_head" in text.splitlines()[0]
    assert len(text.splitlines()) == 2 + 7


def test_runs_without_maps_and_unknown_columns_raise(tmp_path) -> None:
    with pytest.raises(InputError, match="holds no attention maps to compare"):
        similar_heads(make_run(tmp_path / "run", maps=0))
    with pytest.raises(InputError, match="no column 'loudness' to sort by"):
        similar_heads_table(make_run(tmp_path / "mapped"), "loudness")
