"""Tokens against seconds in a real browser: served, and in an exported page."""

import pytest
from tests.helpers.example_decoder import decoder_dataset
from tests.helpers.viewer_browser import DRAWN, expect, serving, until

from otoscope.results import claim_folder, finish, open_run
from otoscope.viewer.api import ViewerApi
from otoscope.viewer.export import ExportSelection, export
from otoscope.viewer.session import open_session

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def runs(measured_run, tmp_path_factory) -> ViewerApi:
    folder = tmp_path_factory.mktemp("runs")
    claim_folder(folder / "decoder", measured_run.plan)
    finish(folder / "decoder", decoder_dataset(2, 3), ())
    return open_session([measured_run, open_run(folder / "decoder")])


@pytest.mark.parametrize("is_exported", [False, True], ids=["served", "exported"])
def test_a_token_is_selected_and_a_moment_shows_its_tokens(watched, runs, tmp_path, is_exported):
    page = watched.page
    with serving(runs) as url:
        page.goto(export(runs, tmp_path / "page.html", ExportSelection()).as_uri() if is_exported else url)
        page.get_by_role("button", name="decoder").click()
        until(page, DRAWN % ".oto-decoder-view canvas")
        expect(page.get_by_role("group", name="Words").get_by_role("button")).to_have_text(["she", "had"])
        tokens = page.get_by_role("list", name="Tokens").get_by_role("button")
        expect(tokens).to_have_text(["<prompt>", *"she·had", "·", "<end>"])
        tokens.nth(2).click()
        expect(tokens.nth(2)).to_have_attribute("aria-pressed", "true")
        page.locator(".oto-decoder-map").hover(position={"x": 100, "y": 5})
        until(page, "document.querySelectorAll('.oto-decoder-tokens [data-attending]').length > 0")
        page.get_by_role("combobox", name="Example").select_option("voice-1/000")
        expect(page.get_by_role("group", name="Words").get_by_role("button")).to_have_text(["yes"])
        page.get_by_role("radio", name="own text").click()
        until(page, DRAWN % ".oto-decoder-map")
