"""The page receives the steps of a training, and an exported page contains them."""

import numpy as np
import pytest
from tests.helpers.example_dynamics import drawn_dynamics
from tests.helpers.viewer_api import get_arrays

from otoscope.results import Run, claim_folder, finish, open_run
from otoscope.results.categories import CATEGORIES
from otoscope.results.shapes import SHAPES
from otoscope.viewer.array_format import unpack
from otoscope.viewer.export import ExportSelection, export
from otoscope.viewer.quantise import encode
from otoscope.viewer.session import open_session


@pytest.fixture(scope="module")
def training(tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("training") / "run"
    claim_folder(folder, {"corpus": {"path": "drawn"}})
    finish(folder, drawn_dynamics(2, 3, steps=4), ())
    return open_run(folder)


def test_categories_and_shapes_are_places_among_their_names(drawn_run, training):
    arrays = get_arrays(open_session([drawn_run, training]), "1/formation")
    assert arrays["step"].tolist() == [0, 500, 1000, 1500]
    for name, order in (("category", CATEGORIES), ("shape", SHAPES)):
        assert np.array(order)[arrays[name]].tolist() == training.dataset[name].values.tolist()
    np.testing.assert_array_equal(arrays["diagonality"], training.dataset["diagonality"].values.astype(np.float32))


def test_an_overview_has_the_maps_of_a_step(drawn_run, training):
    api = open_session([drawn_run, training])
    arrays, attributes = unpack(api.get("1/overview/2").content)
    stored = training.dataset["overview"].values[2]
    np.testing.assert_array_equal(arrays["code"], encode(stored))
    assert attributes["frames"] == pytest.approx(1 / stored.astype(float).mean())
    assert [api.get(name).status for name in ("1/overview/4", "0/overview/0", "0/formation")] == [404] * 3


def test_an_exported_page_has_every_step(drawn_run, training, tmp_path):
    page = export(open_session([drawn_run, training]), tmp_path / "page.html", ExportSelection()).read_text()
    assert all(f'"1/overview/{step}"' in page for step in range(4))
    assert '"1/formation"' in page
