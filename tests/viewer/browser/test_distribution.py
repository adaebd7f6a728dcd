"""The scatter plot of heads in a real browser."""

import re
import xml.etree.ElementTree as ElementTree
import zlib

import pytest
from tests.helpers.viewer_browser import saved

pytestmark = pytest.mark.browser


def test_a_brush_in_the_scatter_chooses_heads_in_the_atlas(page):
    page.get_by_role("button", name="distribution", exact=True).click()
    box = page.locator(".oto-brush .overlay").bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=4)
    page.mouse.up()
    page.get_by_text("6 heads brushed").wait_for()
    page.get_by_role("button", name="show them in the atlas").click()
    page.get_by_role("button", name="6 brushed heads").wait_for()


def test_a_click_on_a_point_opens_its_head(page):
    page.get_by_role("button", name="distribution", exact=True).click()
    point = page.locator("[data-mark='dot'] > *").first
    box = point.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".oto-facts h2")


@pytest.fixture
def figure(page):
    page.get_by_role("button", name="distribution", exact=True).click()
    page.wait_for_selector(".oto-distribution-view svg")
    return page


def test_a_figure_is_saved_as_vectors_with_title_axes_and_source_at_the_width_of_a_column(figure):
    figure.locator(".oto-distribution-view .oto-menu summary").first.click()
    figure.get_by_role("radio", name="one column").first.click()
    root = ElementTree.fromstring(saved(figure, ".oto-distribution-view", "SVG"))
    words = " ".join(text.text or "" for text in root.iter("{http://www.w3.org/2000/svg}text"))
    assert root.get("width") == "86mm"
    for part in ("diagonality against globalness", "across: globalness", "run measured", "otoscope"):
        assert part in words
    width = float(root.get("viewBox").split()[2])
    assert width == pytest.approx(356)  # a column and its margins: letters of 10 pixels have 7 points


@pytest.mark.parametrize(("format", "begin"), [("PNG", b"\x89PNG"), ("PDF", b"%PDF-1.4")])
def test_a_figure_is_saved_as_pixels_of_print(figure, format, begin):
    content = saved(figure, ".oto-distribution-view", format)
    assert content.startswith(begin)
    if format == "PNG":
        assert int.from_bytes(content[16:20], "big") == 2102  # 178 mm at 300 per inch
    else:
        assert b"/MediaBox [0 0 504.6" in content  # 178 mm in points
        table = int(content.rsplit(b"startxref\n", 1)[1].split()[0])
        assert content[table:].startswith(b"xref")
        picture = re.search(rb"/Width (\d+) /Height (\d+) .*?/Length (\d+) >>\nstream\n", content)
        pixels = zlib.decompress(content[picture.end() : picture.end() + int(picture[3])])
        assert len(pixels) == 3 * int(picture[1]) * int(picture[2])
        assert len(set(pixels[::997])) > 1


def test_a_figure_is_saved_as_numbers(figure):
    rows = saved(figure, ".oto-distribution-view", "CSV").decode().splitlines()
    assert rows[0].startswith("layer,head,category,shape,globalness")
    assert len(rows) == 7


def test_the_caption_of_a_figure_is_copied(figure):
    figure.context.grant_permissions(["clipboard-read", "clipboard-write"])
    figure.locator(".oto-distribution-view .oto-menu summary").first.click()
    figure.get_by_role("button", name="copy the caption").first.click()
    figure.get_by_role("button", name="copy the caption").first.get_by_text("copied").wait_for()
    caption = figure.evaluate("navigator.clipboard.readText()")
    assert caption.startswith("diagonality against globalness. across: globalness")
    assert "Source: run measured, model" in caption
