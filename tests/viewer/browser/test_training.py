"""Steps of a training, and restored heads, in a real browser: served, and in an exported page."""

import numpy as np
import pytest
from tests.helpers.example_dynamics import drawn_dynamics
from tests.helpers.example_patching import patching_dataset
from tests.helpers.viewer_browser import expect, serving, until

from otoscope.results import claim_folder, finish, open_run
from otoscope.viewer.api import ViewerApi
from otoscope.viewer.export import ExportSelection, export
from otoscope.viewer.session import open_session

pytestmark = pytest.mark.browser

TAGS = "[...document.querySelectorAll('.oto-step-maps .oto-tag')].map(tag => tag.textContent.trim()).join()"


@pytest.fixture(scope="module")
def steps():
    return drawn_dynamics(2, 3, steps=4)


@pytest.fixture(scope="module")
def runs(measured_run, steps, tmp_path_factory) -> ViewerApi:
    """A run of analyze, a training, and a run of patch of the same model."""
    folder = tmp_path_factory.mktemp("runs")
    claim_folder(folder / "training", {"corpus": {"path": "drawn"}})
    finish(folder / "training", steps, ())
    patched = patching_dataset(["hidden-error", "phone"], layers=2, heads=3, utterances=2)
    claim_folder(folder / "patched", measured_run.plan)
    finish(folder / "patched", patched, ())
    return open_session([measured_run, open_run(folder / "training"), open_run(folder / "patched")])


def texts(steps, step: int) -> str:
    letters = np.char.upper(steps["category"].values[step].astype(str).astype("U1"))
    shapes = steps["shape"].values[step].astype(str)
    return ",".join(f"{shape} {letter}" for shape, letter in zip(shapes.ravel(), letters.ravel(), strict=True))


@pytest.mark.parametrize("is_exported", [False, True], ids=["served", "exported"])
def test_a_slider_shows_each_step_of_a_training(watched, runs, steps, tmp_path, is_exported):
    page = watched.page
    with serving(runs) as url:
        page.goto(export(runs, tmp_path / "page.html", ExportSelection()).as_uri() if is_exported else url)
        page.get_by_role("button", name="training").click()
        until(page, f"{TAGS} === {texts(steps, 3)!r}")
        page.locator(".oto-step input").fill("1")
        page.get_by_text("Step 500").wait_for()
        until(page, f"{TAGS} === {texts(steps, 1)!r}")
        until(page, "location.hash.includes('step=1')")
        page.get_by_role("button", name="importance").click()
        page.get_by_label("Answer").select_option("phone")
        page.get_by_role("img", name="phone: heads restored together").wait_for()
        expect(page.get_by_role("img", name="phone: head 0.0 in each phone")).to_have_count(1)
