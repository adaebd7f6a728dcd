"""The page as a whole in a real browser: address, theme, layout, accessibility, reasons for missing data."""

from pathlib import Path
from threading import Event
from urllib.parse import parse_qs, urlparse

import pytest
from tests.helpers.viewer_browser import (
    expect,
    open_head,
    open_view,
    select_utterance,
    serving,
    until,
    utterance_index,
    view_names,
    wait_for_map,
)

from otoscope.viewer.api import ViewerApi
from otoscope.viewer.run_session import RunSession

pytestmark = pytest.mark.browser

AXE = Path(__file__).parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"
BACKGROUND = "getComputedStyle(document.querySelector('.oto-page')).backgroundColor"
SERIOUS = "axe.run(document).then(r => r.violations.filter(v => ['serious', 'critical'].includes(v.impact)))"


@pytest.fixture
def at_a_head(browser, drawn):
    """A page at the first utterance of a run without maps, and the address of the page."""
    with serving(drawn) as url:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{url}#view=head&utterance=0")
        page.get_by_text("are not stored").first.wait_for()
        yield page, url
        context.close()


def test_the_address_contains_the_state_and_back_returns_to_the_previous_view(page, address):
    stored = utterance_index(page)
    for other in range(4):
        select_utterance(page, other)
        until(page, lambda other=other: utterance_in(page.url, stored) == other)
        page.reload()
        page.wait_for_selector(".oto-atlas .oto-cell")
        assert utterance_index(page) == other
    open_head(page)
    page.get_by_role("radio", name="linear").click()
    page.get_by_role("button", name="distribution", exact=True).click()
    page.wait_for_selector(".oto-distribution-view")
    page.go_back()
    page.wait_for_selector(".oto-heat")
    page.evaluate("location.hash = 'view=head&layer=0&head=1'")
    expect(page.locator(".oto-facts h2")).to_contain_text("Layer 0, head 1")
    expect(page.get_by_role("radio", name="log")).to_be_checked()


def test_the_token_leaves_the_address_and_a_reload_still_works(page, watched):
    assert "token" not in page.url
    assert page.evaluate("document.cookie") == ""
    page.reload()
    page.wait_for_selector(".oto-atlas .oto-cell")
    stranger = page.context.browser.new_context()
    other = stranger.new_page()
    other.goto(page.url)
    assert "no valid token" in other.inner_text("body")
    stranger.close()


def test_a_new_address_wins_over_a_pending_write_of_the_page(at_a_head):
    """The page writes its state with a delay, perhaps between a new address and the event for it."""
    page, _ = at_a_head
    page.evaluate("location.hash = 'view=head&utterance=4'; history.replaceState(null, '', '#view=head')")
    page.get_by_text("no longer at").first.wait_for()


def test_impossible_values_in_the_address_are_brought_to_what_exists(page):
    page.evaluate("location.hash = 'view=head&layer=99&head=-1&query=NaN&keys=-5~1e9&span=abc&utterance=77&scale=x'")
    wait_for_map(page)
    expect(page.locator(".oto-facts h2")).to_contain_text("Layer 0, head 0")
    page.evaluate("location.hash = 'view=head&query=99999&keys=5~99999'")
    wait_for_map(page)
    assert page.evaluate("new URLSearchParams(location.hash.slice(1)).get('query')") != "NaN"


def test_title_and_focus_follow_the_view(page):
    page.locator(".oto-atlas .oto-cell").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    wait_for_map(page)
    assert page.title().startswith("Layer 0, head 1, ")
    until(page, "document.activeElement.matches('.oto-picker [aria-pressed=true]')")
    page.go_back()
    until(page, "document.activeElement.matches('.oto-atlas [aria-pressed=true]')")
    assert page.title().startswith("atlas")


def test_help_explains_keys_and_terms_and_the_introduction_leaves_for_good(page):
    page.keyboard.press("?")
    help = page.get_by_role("dialog", name="Help")
    expect(help).to_contain_text("arrow keys")
    expect(help).to_contain_text("mean entropy of the rows")
    page.keyboard.press("Escape")
    expect(help).not_to_be_visible()
    page.get_by_role("button", name="Got it").click()
    page.reload()
    page.wait_for_selector(".oto-atlas .oto-cell")
    expect(page.get_by_role("region", name="Introduction")).to_have_count(0)


def test_after_a_restart_the_page_continues_where_it_was(browser, drawn):
    context = browser.new_context()
    page = context.new_page()
    with serving(drawn) as url:
        page.goto(f"{url}#view=distribution&x=weight")
        page.wait_for_selector(".oto-distribution-view")
    earlier, port = page.url, urlparse(page.url).port
    with serving(drawn, port) as url:
        context.new_page().goto(url)
        until(page, lambda: page.url.split("#")[0] != earlier.split("#")[0])
        page.wait_for_selector(".oto-distribution-view")
        assert page.url.split("#")[1] == earlier.split("#")[1]
    context.close()


def test_the_page_follows_the_system_into_the_dark(page):
    light = page.evaluate(BACKGROUND)
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector(".oto-page[data-theme='dark']")
    until(page, f"{BACKGROUND} !== '{light}'")


@pytest.mark.parametrize("size", [(390, 800), (1280, 720), (2200, 1200)])
def test_no_view_is_wider_than_the_window(page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for view in view_names(page):
        open_view(page, view)
        assert page.evaluate("document.querySelector('main').scrollWidth <= innerWidth"), view


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_reports_nothing_serious_in_any_view(page, watched, theme):
    if not AXE.exists():
        pytest.skip("axe-core is not installed; npm ci in web/ installs it")
    page.emulate_media(color_scheme=theme)
    for view in view_names(page):
        open_view(page, view)
        page.evaluate(AXE.read_text(encoding="utf-8").replace("</script", ""))
        violations = page.evaluate(SERIOUS)
        assert [(violation["id"], violation["nodes"][0]["html"]) for violation in violations] == [], view
    watched.console_errors.clear()  # axe tries styles of its own, which the page's policy refuses


def test_a_run_without_maps_model_or_audio_shows_the_reasons(at_a_head):
    page, url = at_a_head
    page.goto(f"{url}#view=head&utterance=4")
    page.get_by_text("no longer at").first.wait_for()
    page.goto(f"{url}#view=relations")
    page.get_by_text("This run has no relation maps").wait_for()


def test_numbers_labels_and_sound_come_while_the_model_computes(browser, live, measured_run, monkeypatch):
    session = RunSession(measured_run, live.sessions[0].loading, corpus=live.sessions[0].corpus)
    free, compute = Event(), session.live.maps
    monkeypatch.setattr(session.live, "maps", lambda *arguments: (free.wait(), compute(*arguments)))
    utterance = next(index for index, info in enumerate(session.info.utterances) if not info.stored)
    with serving(ViewerApi([session])) as url:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{url}#view=head&utterance={utterance}")
        page.wait_for_selector(".oto-numbers td")
        page.wait_for_selector(".oto-labels.oto-queries.oto-phones")
        page.wait_for_selector(".oto-wave-in:not(.oto-not-ready)")
        expect(page.locator(".oto-heat-frame .oto-progress")).to_contain_text("computing layer")
        free.set()
        wait_for_map(page)
        expect(page.locator(".oto-progress")).to_have_count(0)
        context.close()


def test_a_wrong_token_shows_a_plain_message(browser, address):
    context = browser.new_context()
    page = context.new_page()
    page.goto(address.replace("browser", "wrong"))
    assert "open the address that `otoscope view` printed" in page.inner_text("body")
    context.close()


def utterance_in(address: str, default: int) -> int:
    """Return the number of the utterance that an address contains."""
    (number,) = parse_qs(urlparse(address).fragment).get("utterance", [default])
    return int(number)
