"""A person opens the viewer, walks to a head, looks, listens, brushes, switches heads off, and takes pictures away."""

import base64
import csv
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from concurrent.futures import Future
from itertools import accumulate, pairwise
from pathlib import Path
from urllib.parse import parse_qs, urlparse

import pytest
from tests.helpers.viewer_answers import told
from tests.helpers.viewer_browser import FLAGS, Watched, chromium, serving, until

from otoscope import rank
from otoscope.viewer.api import Answers
from otoscope.viewer.export import Choice, export
from otoscope.viewer.page import asset
from otoscope.viewer.run_session import Subject
from otoscope.viewer.session import open_answers

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

AXE = Path(__file__).parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
DRAWN = """(canvases => canvases.length && canvases.every(canvas => {
  const {width, height} = canvas.getBoundingClientRect();
  if (!width || Math.hypot(canvas.width - width, canvas.height - height) > 2) return false;
  const colours = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  return colours.some(colour => colour !== colours[0]);
}))([...document.querySelectorAll('%s')])"""  # what it shows has arrived, drawn for the room it has
BLANK = """[...document.querySelectorAll('%s')].every(canvas =>
  !canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean))"""
BACKGROUND = "getComputedStyle(document.querySelector('.otoscope')).backgroundColor"
HEIGHTS = (
    "[...document.querySelectorAll('.effect [data-mark=bar] rect')].map(bar => Number(bar.getAttribute('height')))"
)
SERIOUS = "axe.run(document).then(r => r.violations.filter(v => ['serious', 'critical'].includes(v.impact)))"
CELL = """import('/viewer.js').then(({default: widget}) => {
  const listeners = [];
  const bytes = text => new DataView(Uint8Array.from(atob(text), letter => letter.charCodeAt(0)).buffer);
  const model = {
    on: (event, listener) => event === 'msg:custom' && listeners.push(listener),
    send: ({number, resource}) => window.kernel(resource).then(({ok, content}) =>
      listeners.forEach(listener => listener({number, ok}, [bytes(content)]))),
  };
  widget.render({model, el: document.getElementById('cell')});
})"""  # a notebook's cell with a model as anywidget gives it
ROOMS = ["atlas", "head", "heads", "relations", "importance", "compare"]


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(live) -> Iterator[str]:
    with serving(live) as url:
        yield url


@pytest.fixture
def watched(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 720}, accept_downloads=True)
    watched = Watched(context.new_page())
    yield watched
    context.close()
    assert watched.complaints == []


@pytest.fixture
def page(watched, address):
    watched.page.goto(address)
    watched.page.wait_for_selector(".atlas .cell")
    return watched.page


def open_head(page, name: str = "1.2") -> None:
    layer, head = name.split(".")
    page.get_by_role("button", name=f"Layer {layer} head {head},").click()
    wait_for_map(page)


def wait_for_map(page) -> None:
    """Wait for the labels beside a map, since they take some of its room, and for the map."""
    page.wait_for_selector(".labels.queries.phones")
    until(page, DRAWN % ".heat")


def keys_in(address: str) -> float:
    """How many keys a view shows that an address holds."""
    (held,) = parse_qs(urlparse(address).fragment).get("keys", ["0~0"])
    first, last = map(float, held.split("~"))
    return last - first


def place_in(page) -> int:
    """Number of the utterance that is shown."""
    return int(page.locator("header select").input_value())


def pixels(page, selector: str) -> str:
    """What a canvas shows now."""
    return page.evaluate(f"document.querySelector('{selector}').toDataURL()")


def test_the_atlas_shows_every_head_and_the_keyboard_walks_it(page):
    assert page.locator(".atlas .cell").count() == 6
    page.locator(".atlas .cell").first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    until(page, "document.activeElement.textContent.includes('Layer 1 head 2')")
    page.keyboard.press("Enter")
    expect(page.locator(".facts h2")).to_contain_text("Layer 1, head 2")


def test_heads_are_sorted_and_left_out_by_category(page):
    page.get_by_label("Sort").select_option("globalness")
    tags = page.locator(".atlas .tag i")
    expect(tags).to_have_count(6)
    values = [float(text) for text in tags.all_inner_texts()]
    assert values == sorted(values, reverse=True)
    page.get_by_role("radio", name=re.compile("^global")).click()
    until(page, lambda: 0 < page.locator(".atlas .cell").count() < 6)


def test_a_query_under_the_pointer_shows_its_attention(page):
    open_head(page)
    before = pixels(page, ".curve"), pixels(page, ".shading")
    page.locator(".heat").hover(position={"x": 200, "y": 150})
    expect(page.locator(".toolbar .hint")).to_contain_text("query at")
    until(page, lambda: pixels(page, ".curve") != before[0])
    until(page, lambda: pixels(page, ".shading") != before[1])


def test_a_query_that_is_pointed_at_before_its_map_arrives_is_drawn_when_it_does(page):
    held = []
    page.route("**/tile/**", lambda route: held.append(route))
    page.get_by_role("button", name="Layer 1 head 2,").click()
    page.wait_for_selector(".labels.queries.phones")
    page.locator(".heat").hover(position={"x": 200, "y": 150})
    expect(page.locator(".toolbar .hint")).to_contain_text("query at")
    before = pixels(page, ".curve")
    for route in held:
        route.continue_()
    page.unroute("**/tile/**")
    until(page, lambda: pixels(page, ".curve") != before)
    until(page, DRAWN % ".curve")


SAMPLES = """
const { set, get } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'src');
window.heard = [];
const meet = function (value) { window.media = this; set.call(this, value); };
Object.defineProperty(HTMLMediaElement.prototype, 'src', { get, set: meet });
setInterval(() => { if (window.media && !media.paused && !media.seeking) heard.push(media.currentTime); }, 5);
"""  # the times that the page's player stands at while it plays


@pytest.fixture
def listened(browser, address):
    """A page whose playing is written down in `heard`."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, accept_downloads=True)
    context.add_init_script(SAMPLES)
    watched = Watched(context.new_page())
    watched.page.goto(address)
    watched.page.wait_for_selector(".atlas .cell")
    yield watched.page
    context.close()
    assert watched.complaints == []


def stretches_heard(page) -> list[tuple[float, float]]:
    """Stretches of time that were played, apart where the player jumped."""
    times = page.evaluate("heard")
    jumps = [at for at, (a, b) in enumerate(pairwise(times), 1) if not -0.005 <= b - a < 0.15]
    parts = [times[a:b] for a, b in pairwise([0, *jumps, len(times)])]
    return [(part[0], part[-1]) for part in parts if len(part) > 1]


def stretches_attended(page) -> list[tuple[float, float]]:
    """From the numbers that the page saves: the strongest keys up to half of the attention, near ones joined."""
    with page.expect_download() as waiting:
        page.locator(".stage .takeaway").get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(Path(waiting.value.path()).read_text().splitlines()))
    weights, times = ([float(row[name]) for row in rows] for name in ("attention", "seconds"))
    order = sorted(range(len(weights)), key=lambda key: -weights[key])
    held = list(accumulate(weights[key] for key in order))
    chosen = order[: 1 + sum(one < 0.5 * held[-1] for one in held)]
    period, joined = times[1] - times[0], []
    for key in sorted(chosen):
        if joined and times[key] - joined[-1][1] <= 0.06:
            joined[-1][1] = times[key] + period
        else:
            joined.append([times[key], times[key] + period])
    return [(start, end) for start, end in joined]


def test_what_a_query_attends_to_is_heard_stretch_by_stretch(listened):
    open_head(listened, "0.0")
    until(listened, DRAWN % ".spectrogram")
    for _ in range(20):
        listened.locator(".heat").press("ArrowDown")
        wanted = stretches_attended(listened)
        if len(wanted) > 2 and all(b[0] - a[1] > 0.2 for a, b in pairwise(wanted)):
            break
    listened.locator(".heat").press("Enter")
    until(listened, lambda: len(stretches_heard(listened)) >= len(wanted))
    listened.get_by_role("button", name="Play", exact=True).wait_for()
    heard = stretches_heard(listened)
    assert len(heard) == len(wanted) > 2
    for (begin, end), (start, stop) in zip(heard, wanted, strict=True):
        assert begin == pytest.approx(start, abs=0.1)
        assert end == pytest.approx(stop, abs=0.1)


def test_nothing_of_the_utterance_before_stands_beside_another_s_map(page):
    open_head(page)
    until(page, DRAWN % ".spectrogram, .labels.phones")
    height = page.locator(".heat").bounding_box()["height"]
    held = []
    page.route(re.compile("/ask/0/(utterance|audio)/"), lambda route: held.append(route))
    page.locator("header select").select_option(index=(place_in(page) + 1) % 4)
    for part in (".spectrogram", ".labels.keys.phones", ".labels.queries.phones"):
        until(page, BLANK % part)
    assert page.locator(".wave-in").is_hidden()
    assert page.locator(".phones button").count() == 0
    assert page.locator(".heat").bounding_box()["height"] == height
    for route in held:
        route.continue_()
    page.unroute(re.compile("/ask/0/(utterance|audio)/"))
    until(page, DRAWN % ".spectrogram, .labels.phones")
    expect(page.locator(".wave-in")).to_be_visible()


def test_a_click_plays_from_there_and_what_it_attends_to_can_be_heard(page):
    open_head(page)
    until(page, DRAWN % ".spectrogram")
    page.locator(".heat").click(position={"x": 120, "y": 150})
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="play what it attends to").click()
    page.get_by_role("button", name="Pause").wait_for()


def test_zoom_reaches_single_frames_and_the_address_reproduces_the_view(page):
    open_head(page)
    whole = pixels(page, ".heat")
    page.locator(".heat").hover(position={"x": 300, "y": 200})
    for _ in range(12):
        page.mouse.wheel(0, -400)
    until(page, lambda: keys_in(page.url) == pytest.approx(8, abs=0.2))
    page.mouse.move(5, 5)
    link, pictures = page.url, []
    for _ in range(2):
        page.goto("about:blank")
        page.goto(link)
        wait_for_map(page)
        pictures.append(pixels(page, ".heat"))
    assert pictures[0] == pictures[1] != whole
    page.wait_for_timeout(300)  # longer than the page takes to write its state into the address
    assert page.url == link


def test_a_phone_is_chosen_and_heads_are_walked_within_the_room(page):
    open_head(page)
    page.locator(".phones button").first.click()
    expect(page.locator(".toolbar .hint")).to_contain_text("all queries in")
    page.locator(".picker button[tabindex='0']").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator(".facts h2")).to_contain_text("Layer 1, head 1")


def test_a_brush_in_the_scatter_chooses_heads_in_the_atlas(page):
    page.get_by_role("button", name="heads", exact=True).click()
    box = page.locator(".brush .overlay").bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=4)
    page.mouse.up()
    page.get_by_text("6 heads brushed").wait_for()
    page.get_by_role("button", name="show them in the atlas").click()
    page.get_by_role("button", name="6 brushed heads").wait_for()


def test_two_heads_of_one_run_are_compared(page):
    page.get_by_role("button", name="compare").click()
    page.wait_for_selector(".side .heat >> nth=1")
    expect(page.locator(".side h2")).to_contain_text(["layer 0, head 0", "layer 0, head 1"])
    page.locator(".side").nth(1).get_by_role("button", name="Layer 1 head 2,").click()
    expect(page.locator(".side h2")).to_contain_text(["layer 0, head 0", "layer 1, head 2"])
    until(page, "location.hash.includes('besideHead=2')")


def test_both_sides_of_a_comparison_follow_the_utterance(page):
    page.get_by_role("button", name="compare").click()
    until(page, DRAWN % ".side .heat")
    other = (place_in(page) + 1) % 4
    page.locator("header select").select_option(index=other)
    name = page.locator("header select option").nth(other).inner_text().split(" (")[0]
    expect(page.locator(".side h2")).to_contain_text([name, name])


def test_a_click_on_a_point_opens_its_head(page):
    page.get_by_role("button", name="heads", exact=True).click()
    point = page.locator("[data-mark='dot'] > *").first
    box = point.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".facts h2")


def test_the_address_says_the_whole_state_and_the_way_back_leads_from_room_to_room(page, address):
    for other in range(4):
        page.locator("header select").select_option(index=other)
        page.wait_for_timeout(200)  # the address is written a moment later
        page.reload()
        page.wait_for_selector(".atlas .cell")
        assert place_in(page) == other
    open_head(page)
    page.get_by_role("radio", name="linear").click()
    page.get_by_role("button", name="heads", exact=True).click()
    page.wait_for_selector(".heads-room")
    page.go_back()
    page.wait_for_selector(".heat")
    page.evaluate("location.hash = 'room=head&layer=0&head=1'")
    expect(page.locator(".facts h2")).to_contain_text("Layer 0, head 1")
    expect(page.get_by_role("radio", name="log")).to_be_checked()


def test_sound_and_map_are_as_wide_as_each_other_in_any_window(page):
    open_head(page)
    until(page, DRAWN % ".spectrogram")
    wide = "document.querySelector('.wave-in > div').shadowRoot.querySelector('.wrapper').scrollWidth"
    for width in (1280, 2000, 1000):
        page.set_viewport_size({"width": width, "height": 720})
        until(page, f"Math.abs({wide} - document.querySelector('.heat').clientWidth) < 10")


def test_rankings_of_another_model_are_not_laid_on_these_heads(browser, measured_run, tiny_model, speech, tmp_path):
    ranked = rank(tiny_model, speech, tmp_path / "ranked", by=["weight", "random-1"], limit=2)
    for print_, shown in [(measured_run.plan["model"]["fingerprint"], "Spearman"), ("another", "is of another model")]:
        ranked.plan["model"]["fingerprint"] = print_
        with serving(open_answers([measured_run, ranked])) as url:
            page = browser.new_page()
            page.goto(f"{url}#room=importance")
            page.get_by_text(shown).wait_for()
            page.close()


def test_a_relation_map_names_its_phones(page):
    page.get_by_role("button", name="relations").click()
    page.get_by_text("Preference of query phones").wait_for()
    page.wait_for_selector(".relations-room [data-mark='cell'] rect")


def test_switching_heads_off_changes_the_model_s_answer(page):
    page.get_by_role("button", name="importance").click()
    page.get_by_text("answered in").wait_for()
    until(page, f"{HEIGHTS}.length === 2")
    assert set(page.evaluate(HEIGHTS)) == {0}
    page.get_by_role("button", name="Layer 0 head 1,").click()
    until(page, f"{HEIGHTS}.some(height => height > 1)")
    page.locator(".span input").fill("5")
    page.get_by_text("Span: 5 frames").wait_for()
    until(page, "location.hash.includes('span=5')")


@pytest.mark.parametrize("format", ["SVG", "PNG", "CSV"])
def test_pictures_and_numbers_are_taken_away(page, format):
    page.get_by_role("button", name="heads", exact=True).click()
    page.wait_for_selector(".heads-room svg")
    with page.expect_download() as waiting:
        page.locator(".takeaway").first.get_by_role("button", name=format).click()
    content = Path(waiting.value.path()).read_bytes()
    if format == "SVG":
        assert b'width="178mm"' in content
        assert b"globalness" in content
    elif format == "PNG":
        assert content.startswith(b"\x89PNG")
        assert int.from_bytes(content[16:20], "big") == 2102  # 178 mm at 300 per inch
    else:
        rows = content.decode().splitlines()
        assert rows[0].startswith("layer,head,category,globalness")
        assert len(rows) == 7


def test_the_map_is_taken_away_as_a_picture(page):
    open_head(page)
    with page.expect_download() as waiting:
        page.locator(".stage .takeaway").get_by_role("button", name="PNG").click()
    assert Path(waiting.value.path()).read_bytes().startswith(b"\x89PNG")


def test_only_pixels_of_map_and_spectrogram_are_pixels_in_an_svg(page, live):
    open_head(page)
    until(page, DRAWN % ".spectrogram")
    page.get_by_role("button", name="labelled").click()
    with page.expect_download() as waiting:
        page.locator(".stage .takeaway").get_by_role("button", name="SVG").click()
    svg = ElementTree.parse(waiting.value.path()).getroot()
    of = {name: svg.findall(f".//{{http://www.w3.org/2000/svg}}{name}") for name in ("image", "text", "path", "line")}
    assert len(of["image"]) == 2
    said = [text.text for text in of["text"]]
    phones = {span["label"] for span in told(live, f"0/utterance/{place_in(page)}")["phones"]}
    assert phones & set(said)
    assert "0.0 s" in said
    assert "labelled" in said
    assert "predicted" not in said  # it is switched off
    assert len(of["line"]) == 1
    assert len([path for path in of["path"] if path.get("d")]) >= 3  # the sound and the boundaries along both axes


def test_labelled_boundaries_are_drawn_across_the_map_on_request(page):
    open_head(page)
    until(page, DRAWN % ".spectrogram")
    before = {part: pixels(page, part) for part in (".heat", ".spectrogram")}
    page.get_by_role("button", name="labelled").click()
    until(page, "location.hash.includes('marks=labelled')")
    until(page, lambda: all(pixels(page, part) != was for part, was in before.items()))
    page.get_by_role("button", name="labelled").click()
    page.mouse.move(5, 5)
    until(page, lambda: all(pixels(page, part) == was for part, was in before.items()))


def test_without_a_segmentation_run_predicted_boundaries_say_what_they_need(page):
    open_head(page)
    predicted = page.get_by_role("button", name="predicted")
    assert predicted.is_disabled()
    assert "otoscope segment" in predicted.get_attribute("title")


def test_the_atlas_is_taken_away_as_a_picture_and_as_numbers(page):
    for format, begin in [("SVG", b"<svg"), ("CSV", b"layer,head,category,globalness")]:
        with page.expect_download() as waiting:
            page.locator(".atlas > .toolbar .takeaway").get_by_role("button", name=format).click()
        assert Path(waiting.value.path()).read_bytes().startswith(begin)


def test_the_page_follows_the_system_into_the_dark(page):
    light = page.evaluate(BACKGROUND)
    page.emulate_media(color_scheme="dark")
    page.wait_for_selector(".otoscope[data-theme='dark']")
    until(page, f"{BACKGROUND} !== '{light}'")


@pytest.mark.parametrize("size", [(1280, 720), (2200, 1200)])
def test_no_room_is_wider_than_the_window(page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for room in ROOMS:
        page.evaluate(f"location.hash = 'room={room}'")
        page.wait_for_timeout(200)
        assert page.evaluate("document.querySelector('main').scrollWidth <= innerWidth"), room


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_any_room(page, watched, theme):
    if not AXE.exists():
        pytest.skip("axe-core is not installed; npm ci in web/ installs it")
    page.emulate_media(color_scheme=theme)
    for room in ROOMS:
        page.evaluate(f"location.hash = 'room={room}'")
        page.wait_for_timeout(600)
        page.evaluate(AXE.read_text(encoding="utf-8").replace("</script", ""))
        found = page.evaluate(SERIOUS)
        assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], room
    watched.complaints.clear()  # axe tries styles of its own, which the page's policy refuses


def test_an_exported_page_works_from_disk_without_a_network(browser, live, measured_run, tmp_path):
    file = export(live, tmp_path / "page.html", Choice())
    context = browser.new_context(offline=True)
    watched = Watched(context.new_page())
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url))
    watched.page.goto(file.as_uri())
    watched.page.wait_for_selector(".atlas .cell")
    open_head(watched.page)
    until(watched.page, DRAWN % ".spectrogram")
    watched.page.get_by_role("button", name="compare").click()
    watched.page.wait_for_selector(".side .heat >> nth=1")
    until(watched.page, DRAWN % ".side .heat")
    assert watched.page.locator(".notice").count() == 0
    watched.page.get_by_role("button", name="importance").click()
    watched.page.get_by_text("Live ablation needs the model").wait_for()
    context.close()
    assert watched.complaints == []
    assert all(url.startswith(("file:", "blob:", "data:")) for url in asked)


def test_an_exported_folder_loads_maps_when_they_are_looked_at(browser, live, tmp_path, monkeypatch):
    monkeypatch.setattr("otoscope.viewer.export.LARGEST", 1000)
    file = export(live, tmp_path / "page.html", Choice())
    context = browser.new_context(offline=True)
    watched = Watched(context.new_page())
    watched.page.goto(file.as_uri())
    watched.page.wait_for_selector(".atlas .cell")
    open_head(watched.page)
    context.close()
    assert watched.complaints == []


def test_the_notebook_s_module_asks_the_kernel_and_nobody_else(browser, drawn):
    """As Colab has it: the page comes from elsewhere, and no address of this machine can be reached from it."""
    context = browser.new_context()
    watched = Watched(context.new_page())
    asked, page = [], watched.page

    def serve(route):
        asked.append(route.request.url)
        body = {"/viewer.js": asset("viewer.js"), "/viewer.css": asset("viewer.css")}.get(urlparse(asked[-1]).path)
        style = '<link rel="stylesheet" href="/viewer.css"><link rel="icon" href="data:,"><div id="cell"></div>'
        types = {"js": "text/javascript", "css": "text/css"}
        kind = types.get(asked[-1].rsplit(".", 1)[-1], "text/html")
        route.fulfill(body=body or style, content_type=kind)

    context.route("**/*", serve)
    context.expose_function("kernel", lambda resource: kernel(drawn, resource))
    page.goto("https://notebook.example/")
    page.evaluate(CELL)
    page.wait_for_selector(".otoscope-cell .atlas .cell")
    page.evaluate("document.querySelector('.atlas .cell').click()")
    until(page, DRAWN % ".heat")
    for room in ROOMS:
        page.get_by_role("button", name=room, exact=True).click()
        page.wait_for_timeout(150)
    context.close()
    assert {urlparse(url).path for url in asked} == {"/", "/viewer.js", "/viewer.css"}
    assert watched.complaints == []


def kernel(answers: Answers, resource: str) -> dict:
    answer = answers.answer(resource)
    return {"ok": answer.status == 200, "content": base64.b64encode(answer.content).decode()}


@pytest.fixture
def at_a_head(browser, drawn):
    """A page at the first utterance of a run without maps, and the address of the page."""
    with serving(drawn) as url:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{url}#room=head&utterance=0")
        page.get_by_text("are not stored").first.wait_for()
        yield page, url
        context.close()


def test_a_run_without_maps_model_or_audio_says_so_in_the_page(at_a_head):
    page, url = at_a_head
    page.goto(f"{url}#room=head&utterance=4")
    page.get_by_text("no longer at").first.wait_for()
    page.goto(f"{url}#room=relations")
    page.get_by_text("This run has no relation maps").wait_for()


def test_an_address_is_followed_though_the_page_was_about_to_write_its_own(at_a_head):
    """The page keeps its state in the address a moment later, perhaps between a new address and the word of it."""
    page, _ = at_a_head
    page.evaluate("location.hash = 'room=head&utterance=4'; history.replaceState(null, '', '#room=head')")
    page.get_by_text("no longer at").first.wait_for()


def test_the_page_does_not_wait_for_the_model(browser, measured_run, live):
    loading = Future()
    with serving(Answers([Subject(measured_run, loading)])) as url:
        context = browser.new_context()
        watched = Watched(context.new_page())
        watched.page.goto(url)
        watched.page.wait_for_selector(".atlas .cell")
        watched.page.get_by_role("button", name="importance").click()
        watched.page.get_by_text("still being loaded").first.wait_for()
        loading.set_result(live.subjects[0].live)
        watched.page.get_by_text("answered in").wait_for()
        expect(watched.page.locator(".waiting")).to_have_count(0)
        context.close()


def test_a_wrong_address_is_a_plain_message(browser, address):
    context = browser.new_context()
    page = context.new_page()
    page.goto(address.replace("browser", "wrong"))
    assert "open the one that `otoscope view` printed" in page.inner_text("body")
    context.close()
