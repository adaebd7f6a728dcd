"""The scatter plot of heads in a real browser."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser


def test_a_brush_in_the_scatter_chooses_heads_in_the_atlas(page):
    page.get_by_role("button", name="heads", exact=True).click()
    box = page.locator(".oto-brush .overlay").bounding_box()
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=4)
    page.mouse.up()
    page.get_by_text("6 heads brushed").wait_for()
    page.get_by_role("button", name="show them in the atlas").click()
    page.get_by_role("button", name="6 brushed heads").wait_for()


def test_a_click_on_a_point_opens_its_head(page):
    page.get_by_role("button", name="heads", exact=True).click()
    point = page.locator("[data-mark='dot'] > *").first
    box = point.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_selector(".oto-facts h2")


@pytest.mark.parametrize("format", ["SVG", "PNG", "CSV"])
def test_figures_are_exported_as_pictures_and_numbers(page, format):
    page.get_by_role("button", name="heads", exact=True).click()
    page.wait_for_selector(".oto-heads-view svg")
    with page.expect_download() as waiting:
        page.locator(".oto-export-buttons").first.get_by_role("button", name=format).click()
    content = Path(waiting.value.path()).read_bytes()
    if format == "SVG":
        assert b'width="178mm"' in content
        assert b"globalness" in content
    elif format == "PNG":
        assert content.startswith(b"\x89PNG")
        assert int.from_bytes(content[16:20], "big") == 2102  # 178 mm at 300 per inch
    else:
        rows = content.decode().splitlines()
        assert rows[0].startswith("layer,head,category,shape,globalness")
        assert len(rows) == 7
