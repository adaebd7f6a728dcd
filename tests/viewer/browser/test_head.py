"""The view of one head in a real browser."""

import re
import xml.etree.ElementTree as ElementTree
from urllib.parse import parse_qs, urlparse

import pytest
from tests.helpers.viewer_api import get_json
from tests.helpers.viewer_browser import (
    BLANK,
    DRAWN,
    expect,
    open_head,
    pixels,
    saved,
    select_utterance,
    serving,
    until,
    utterance_index,
    wait_for_map,
)

from otoscope.viewer.session import open_session

pytestmark = pytest.mark.browser

COUNT_WRITES = """
window.writes = 0;
const write = history.replaceState;
history.replaceState = function (...values) { window.writes++; return write.apply(this, values); };
"""  # how often the page has written its address


def keys_in(address: str) -> float:
    """Return how many keys the view of an address shows."""
    (held,) = parse_qs(urlparse(address).fragment).get("keys", ["0~0"])
    first, last = map(float, held.split("~"))
    return last - first


def test_a_query_under_the_pointer_shows_its_attention(page):
    open_head(page)
    before = pixels(page, ".oto-curve"), pixels(page, ".oto-shading")
    page.locator(".oto-heat").hover(position={"x": 200, "y": 150})
    expect(page.locator(".oto-query")).to_contain_text("query at")
    until(page, lambda: pixels(page, ".oto-curve") != before[0])
    until(page, lambda: pixels(page, ".oto-shading") != before[1])


def test_a_query_that_is_pointed_at_before_its_map_arrives_is_drawn_when_it_does(page):
    held = []
    page.route("**/tile/**", lambda route: held.append(route))
    page.get_by_role("button", name="Layer 1 head 2,").click()
    page.wait_for_selector(".oto-labels.oto-queries.oto-phones")
    page.locator(".oto-heat").hover(position={"x": 200, "y": 150})
    expect(page.locator(".oto-query")).to_contain_text("query at")
    before = pixels(page, ".oto-curve")
    for route in held:
        route.continue_()
    page.unroute("**/tile/**")
    until(page, lambda: pixels(page, ".oto-curve") != before)
    until(page, DRAWN % ".oto-curve")


def test_a_new_utterance_replaces_everything_of_the_previous_one(page):
    open_head(page)
    until(page, DRAWN % ".oto-spectrogram, .oto-labels.oto-phones")
    height = page.locator(".oto-heat").bounding_box()["height"]
    held = []
    page.route(re.compile("/api/0/(utterance|audio)/"), lambda route: held.append(route))
    select_utterance(page, (utterance_index(page) + 1) % 4)
    for part in (".oto-spectrogram", ".oto-labels.oto-keys.oto-phones", ".oto-labels.oto-queries.oto-phones"):
        until(page, BLANK % part)
    assert page.locator(".oto-wave-in").is_hidden()
    assert page.locator(".oto-phones button").count() == 0
    assert page.locator(".oto-heat").bounding_box()["height"] == height
    for route in held:
        route.continue_()
    page.unroute(re.compile("/api/0/(utterance|audio)/"))
    until(page, DRAWN % ".oto-spectrogram, .oto-labels.oto-phones")
    expect(page.locator(".oto-wave-in")).to_be_visible()


def test_zoom_reaches_single_frames_and_the_address_reproduces_the_view(page):
    page.add_init_script(COUNT_WRITES)
    open_head(page)
    whole = pixels(page, ".oto-heat")
    page.locator(".oto-heat").hover(position={"x": 300, "y": 200})
    for _ in range(12):
        page.mouse.wheel(0, -400)
    until(page, lambda: keys_in(page.url) == pytest.approx(8, abs=0.2))
    page.mouse.move(5, 5)
    link, pictures = page.url, []
    for _ in range(2):
        page.goto("about:blank")
        page.goto(link)
        wait_for_map(page)
        pictures.append(pixels(page, ".oto-heat"))
    assert pictures[0] == pictures[1] != whole
    until(page, "window.writes > 0")  # the page has written its state into the address
    assert page.url == link


def test_a_phone_is_selected_and_arrow_keys_change_the_head(page):
    open_head(page)
    page.locator(".oto-phones button").first.click()
    expect(page.locator(".oto-query")).to_contain_text("all queries in")
    page.locator(".oto-picker button[tabindex='0']").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".oto-facts h2")).to_contain_text("Layer 1, head 1")


def test_sound_and_map_are_as_wide_as_each_other_in_any_window(page):
    open_head(page)
    until(page, DRAWN % ".oto-spectrogram")
    wide = "document.querySelector('.oto-wave-in > div').shadowRoot.querySelector('.wrapper').scrollWidth"
    for width in (1280, 2000, 1000):
        page.set_viewport_size({"width": width, "height": 720})
        until(page, f"Math.abs({wide} - document.querySelector('.oto-heat').clientWidth) < 10")


def test_the_map_is_exported_as_a_picture(page):
    open_head(page)
    assert saved(page, ".oto-stage", "PNG").startswith(b"\x89PNG")


def test_only_pixels_of_map_and_spectrogram_are_pixels_in_an_svg(page, live):
    open_head(page)
    until(page, DRAWN % ".oto-spectrogram")
    page.get_by_role("button", name="labelled").click()
    svg = ElementTree.fromstring(saved(page, ".oto-stage", "SVG"))
    of = {name: svg.findall(f".//{{http://www.w3.org/2000/svg}}{name}") for name in ("image", "text", "path", "line")}
    assert len(of["image"]) == 2
    said = [text.text for text in of["text"]]
    phones = {span["folded"] for span in get_json(live, f"0/utterance/{utterance_index(page)}")["phones"]}
    assert phones & set(said)
    assert "0.0 s" in said
    assert {"64", "Attention, times uniform"} <= set(said)  # the colours
    assert "labelled" in said
    assert "predicted" not in said  # it is switched off
    assert len(of["line"]) == 1
    assert len([path for path in of["path"] if path.get("d")]) >= 3  # the sound and the boundaries along both axes


def test_labelled_boundaries_are_drawn_across_the_map_on_request(page):
    open_head(page)
    until(page, DRAWN % ".oto-spectrogram")
    before = {part: pixels(page, part) for part in (".oto-heat", ".oto-spectrogram")}
    page.get_by_role("button", name="labelled").click()
    until(page, "location.hash.includes('marks=labelled')")
    until(page, lambda: all(pixels(page, part) != was for part, was in before.items()))
    page.get_by_role("button", name="labelled").click()
    page.mouse.move(5, 5)
    until(page, lambda: all(pixels(page, part) == was for part, was in before.items()))


def test_boundaries_of_several_methods_are_drawn_from_one_request(watched, drawn_run, segmented):
    """An effect that reads what it writes runs without end: the page froze after the first choice."""
    page, requests = watched.page, []
    page.on("request", lambda request: requests.append(request.url) if "/boundaries/" in request.url else None)
    with serving(open_session([drawn_run, segmented])) as url:
        page.goto(url)
        page.wait_for_selector(".oto-atlas .oto-cell")
        open_head(page)
        pictures = [pixels(page, ".oto-heat")]
        for name in ("MFCC", "sum of heads"):
            page.get_by_role("button", name=name).click()
            until(page, lambda: pixels(page, ".oto-heat") not in pictures)
            pictures.append(pixels(page, ".oto-heat"))
        assert len(requests) == 1
        page.goto("about:blank")


def test_without_a_segmentation_run_the_page_says_how_to_show_predicted_boundaries(page):
    open_head(page)
    predicted = page.get_by_role("button", name="predicted")
    assert predicted.is_disabled()
    assert "otoscope segment" in predicted.get_attribute("title")
