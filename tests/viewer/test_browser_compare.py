"""The comparison in a real browser."""

import pytest
from tests.helpers.viewer_browser import (
    DRAWN,
    expect,
    until,
    utterance_index,
)

pytestmark = pytest.mark.browser


def test_two_heads_of_one_run_are_compared(page):
    page.get_by_role("button", name="compare").click()
    page.wait_for_selector(".oto-side .oto-heat >> nth=1")
    expect(page.locator(".oto-side h2")).to_contain_text(["layer 0, head 0", "layer 0, head 1"])
    page.locator(".oto-side").nth(1).get_by_role("button", name="Layer 1 head 2,").click()
    expect(page.locator(".oto-side h2")).to_contain_text(["layer 0, head 0", "layer 1, head 2"])
    until(page, "location.hash.includes('comparisonHead=2')")


def test_both_sides_of_a_comparison_follow_the_utterance(page):
    page.get_by_role("button", name="compare").click()
    until(page, DRAWN % ".oto-side .oto-heat")
    other = (utterance_index(page) + 1) % 4
    page.locator("header select").select_option(index=other)
    name = page.locator("header select option").nth(other).inner_text().split(" (")[0]
    expect(page.locator(".oto-side h2")).to_contain_text([name, name])
