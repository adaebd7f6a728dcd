"""The list of utterances, and the choice of the theme, in a real browser."""

import pytest
from tests.helpers.viewer_api import get_json
from tests.helpers.viewer_browser import expect, select_utterance, serving, until, utterance_index

pytestmark = pytest.mark.browser


def test_a_filter_selects_utterances_and_next_stays_within_it(page, live):
    phones = get_json(live, "0/contents")["phones"]
    phone, numbers = next((phone, numbers) for phone, numbers in phones.items() if 1 < len(numbers) < 4)
    page.locator(".oto-current").click()
    page.get_by_label("Phone or word").fill(phone)
    expect(page.locator(".oto-entry")).to_have_count(len(numbers))
    page.get_by_role("dialog", name="Utterances").press("Escape")
    select_utterance(page, 0)
    assert utterance_index(page) == numbers[0]
    page.get_by_role("button", name="Next utterance").click()
    until(page, lambda: utterance_index(page) == numbers[1])
    page.get_by_role("button", name="Previous utterance").click()
    until(page, lambda: utterance_index(page) == numbers[0])
    expect(page.get_by_role("button", name="Previous utterance")).to_be_disabled()


def test_the_list_is_used_by_keyboard_alone(page):
    page.locator(".oto-current").press("Enter")
    expect(page.get_by_label("Part of the id")).to_be_focused()
    page.keyboard.type("rms")
    expect(page.locator(".oto-entry")).to_have_count(2)
    page.locator(".oto-entry").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Utterances")).not_to_be_visible()
    expect(page.locator(".oto-current")).to_contain_text("rms")


def test_an_utterance_that_cannot_be_shown_says_why(browser, drawn):
    with serving(drawn) as url:
        context = browser.new_context()
        page = context.new_page()
        page.goto(url)
        page.locator(".oto-current").click()
        dialog = page.get_by_role("dialog", name="Utterances")
        expect(dialog).to_contain_text("--model")
        first = page.locator(".oto-entry").first
        expect(first).to_contain_text("maps not stored")
        first.click(force=True)
        expect(dialog).to_be_visible()
        context.close()


def test_a_chosen_theme_stays_whatever_the_system_prefers(page):
    page.get_by_role("button", name="Theme: system; change to light").click()
    page.get_by_role("button", name="Theme: light; change to dark").click()
    page.wait_for_selector(".oto-page[data-theme='dark']")
    page.reload()
    page.wait_for_selector(".oto-page[data-theme='dark']")
    page.get_by_role("button", name="Theme: dark; change to system").click()
    page.wait_for_selector(".oto-page[data-theme='light']")
