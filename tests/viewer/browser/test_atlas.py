"""The atlas in a real browser."""

import re

import pytest
from tests.helpers.viewer_browser import (
    expect,
    saved,
    until,
)

pytestmark = pytest.mark.browser


def test_the_atlas_shows_every_head_and_arrow_keys_move_the_focus(page):
    assert page.locator(".oto-atlas .oto-cell").count() == 6
    page.locator(".oto-atlas .oto-cell").first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    until(page, "document.activeElement.textContent.includes('Layer 1 head 2')")
    page.keyboard.press("Enter")
    expect(page.locator(".oto-facts h2")).to_contain_text("Layer 1, head 2")


def test_heads_are_sorted_and_filtered_by_category(page):
    page.get_by_label("Sort").select_option("globalness")
    tags = page.locator(".oto-atlas .oto-tag i")
    expect(tags).to_have_count(6)
    values = [float(text) for text in tags.all_inner_texts()]
    assert values == sorted(values, reverse=True)
    page.get_by_role("radio", name=re.compile("^global")).click()
    until(page, lambda: 0 < page.locator(".oto-atlas .oto-cell").count() < 6)


def test_the_atlas_is_exported_as_a_picture_and_as_numbers(page):
    for format, begin in [("SVG", b"<svg"), ("CSV", b"layer,head,category,shape,globalness")]:
        assert saved(page, ".oto-atlas > .oto-toolbar", format).startswith(begin)
