"""The comparison in a real browser."""

import pytest
from tests.helpers.viewer_browser import (
    DRAWN,
    expect,
    select_utterance,
    serving,
    until,
    utterance_index,
)

from otoscope.viewer.session import open_session

pytestmark = pytest.mark.browser


def test_two_heads_of_one_run_are_compared(page):
    page.get_by_role("button", name="compare").click()
    page.wait_for_selector(".oto-side .oto-heat >> nth=1")
    expect(page.locator(".oto-side h2")).to_contain_text(["layer 0, head 0", "layer 0, head 1"])
    page.locator(".oto-side").nth(1).get_by_role("button", name="Layer 1 head 2,").click()
    expect(page.locator(".oto-side h2")).to_contain_text(["layer 0, head 0", "layer 1, head 2"])
    until(page, "location.hash.includes('comparisonHead=2')")
    expect(page.locator(".oto-differences tbody th").first).to_have_text("normalised entropy")
    expect(page.locator(".oto-differences td").first).to_have_text("0.0")


def test_the_differences_of_two_runs_have_intervals(watched, measured_run):
    with serving(open_session([measured_run, measured_run])) as address:
        page = watched.page
        page.goto(f"{address}#view=compare")
        expect(page.locator(".oto-differences tbody td").nth(3)).to_have_text("0")
        expect(page.locator(".oto-differences tbody td").nth(4)).to_have_text("0 to 0")
        page.get_by_role("radio", name="layers").click()
        expect(page.locator(".oto-differences tbody td").first).to_have_text("layer 0")


def test_both_sides_of_a_comparison_follow_the_utterance(page):
    page.get_by_role("button", name="compare").click()
    until(page, DRAWN % ".oto-side .oto-heat")
    other = (utterance_index(page) + 1) % 4
    name = select_utterance(page, other)
    expect(page.locator(".oto-side h2")).to_contain_text([name, name])
