"""A walk through the page by keyboard alone; docs/how-to/viewer.md lists the keys."""

import pytest
from tests.helpers.viewer_browser import DRAWN, expect, until, wait_for_map

pytestmark = pytest.mark.browser

FOCUS = """(element => element === document.body ? ""
  : [element.textContent, element.getAttribute('aria-label'), element.className].join('|'))(document.activeElement)"""


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page, text: str) -> None:
    """Press Tab until the focus is on an element with this text, name or class."""
    for _ in range(80):
        if text in page.evaluate(FOCUS):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {text}")


def test_every_task_is_done_by_keyboard_alone(page):
    tab_to(page, "oto-current")
    press(page, "Enter")
    page.keyboard.type("awb")
    tab_to(page, "oto-entry")
    press(page, "ArrowDown", "Enter")
    expect(page.locator(".oto-current")).to_contain_text("awb")
    assert "oto-current" in page.evaluate(FOCUS)  # the dialog gives the focus back
    tab_to(page, "Theme: system")
    press(page, "Enter", "?")
    expect(page.get_by_role("dialog", name="Help")).to_be_visible()
    press(page, "Escape")
    tab_to(page, "Got it")
    press(page, "Enter")
    tab_to(page, "all 6")
    press(page, "ArrowRight")
    expect(page.get_by_role("radio", checked=True)).not_to_contain_text("all")
    press(page, "ArrowLeft")
    tab_to(page, "oto-cell")
    press(page, "ArrowDown", "Enter")
    wait_for_map(page)
    until(page, DRAWN % ".oto-spectrogram")
    tab_to(page, "Attention map")
    press(page, "ArrowDown", "ArrowDown", "+", "ArrowRight", "Space")
    page.get_by_role("button", name="Pause").wait_for()
    press(page, "Space")
    page.get_by_role("button", name="Play", exact=True).wait_for()
    press(page, "0", "Enter")
    until(page, "!location.hash.includes('keys=')")
    expect(page.locator(".oto-query")).to_contain_text("query at")


def test_the_menus_open_and_close_by_keyboard(page):
    tab_to(page, "Save: Attention of 6 heads")
    press(page, "Enter")
    tab_to(page, "two columns")
    press(page, "ArrowLeft")
    expect(page.get_by_role("radio", name="one column")).to_be_checked()
    press(page, "Escape")
    assert "Save: Attention of 6 heads" in page.evaluate(FOCUS)
    expect(page.get_by_role("radio", name="one column")).not_to_be_visible()


def test_each_view_is_reached_by_keyboard(page):
    for view in ("head", "relations", "compare", "importance", "distribution", "atlas"):
        page.locator("nav[aria-label='Views']").get_by_role("button", name=view, exact=True).focus()
        press(page, "Enter")
        until(page, f"document.querySelector('nav [aria-current=page]').textContent === '{view}'")
        press(page, "Tab")
        assert page.evaluate("document.activeElement !== document.body"), view
