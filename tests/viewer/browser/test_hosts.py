"""Exported pages and the notebook module in a real browser."""

import base64
from urllib.parse import urlparse

import pytest
from tests.helpers.viewer_browser import (
    DRAWN,
    WatchedPage,
    open_head,
    until,
    view_names,
    wait_for_view,
)

from otoscope.viewer.api import ViewerApi
from otoscope.viewer.export import ExportSelection, export
from otoscope.viewer.page import asset

pytestmark = pytest.mark.browser

CELL = """import('/viewer.js').then(({default: widget}) => {
  const listeners = [];
  const bytes = text => new DataView(Uint8Array.from(atob(text), letter => letter.charCodeAt(0)).buffer);
  const model = {
    on: (event, listener) => event === 'msg:custom' && listeners.push(listener),
    send: ({number, resource}) => window.kernel(resource).then(({status, content}) =>
      listeners.forEach(listener => listener({number, status}, [bytes(content)]))),
  };
  widget.render({model, el: document.getElementById('cell')});
})"""  # a notebook's cell with a model as anywidget gives it


NOT_EXPORTED = "this exported page does not contain it; open the run with otoscope view"
"""Instead of the differences between two heads of one run, which follow from rows of utterances."""


def test_an_exported_page_works_from_disk_without_a_network(browser, live, measured_run, tmp_path):
    file = export(live, tmp_path / "page.html", ExportSelection())
    context = browser.new_context(offline=True)
    watched = WatchedPage(context.new_page())
    asked: list[str] = []
    watched.page.on("request", lambda request: asked.append(request.url))
    watched.page.goto(file.as_uri())
    watched.page.wait_for_selector(".oto-atlas .oto-cell")
    open_head(watched.page)
    until(watched.page, DRAWN % ".oto-spectrogram")
    watched.page.get_by_role("button", name="compare").click()
    watched.page.wait_for_selector(".oto-side .oto-heat >> nth=1")
    until(watched.page, DRAWN % ".oto-side .oto-heat")
    assert watched.page.locator(".oto-notice").all_inner_texts() == [NOT_EXPORTED]
    watched.page.get_by_role("button", name="importance").click()
    watched.page.get_by_text("Live ablation needs the model").wait_for()
    context.close()
    assert watched.console_errors == []
    assert all(url.startswith(("file:", "blob:", "data:")) for url in asked)


def test_an_exported_folder_loads_maps_when_their_head_is_opened(browser, live, tmp_path, monkeypatch):
    monkeypatch.setattr("otoscope.viewer.export.MAX_FILE_BYTES", 1000)
    file = export(live, tmp_path / "page.html", ExportSelection())
    context = browser.new_context(offline=True)
    watched = WatchedPage(context.new_page())
    watched.page.goto(file.as_uri())
    watched.page.wait_for_selector(".oto-atlas .oto-cell")
    open_head(watched.page)
    context.close()
    assert watched.console_errors == []


def test_the_notebook_module_sends_requests_only_to_the_kernel(browser, drawn):
    """As in Colab, the page comes from another server and cannot reach this machine."""
    context = browser.new_context()
    watched = WatchedPage(context.new_page())
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
    page.wait_for_selector(".oto-notebook .oto-atlas .oto-cell")
    page.evaluate("document.querySelector('.oto-atlas .oto-cell').click()")
    until(page, DRAWN % ".oto-heat")
    for view in view_names(page):
        page.get_by_role("button", name=view, exact=True).click()
        wait_for_view(page, view)
    context.close()
    assert {urlparse(url).path for url in asked} == {"/", "/viewer.js", "/viewer.css"}
    assert watched.console_errors == []


def kernel(api: ViewerApi, resource: str) -> dict:
    response = api.get(resource)
    return {"status": response.status, "content": base64.b64encode(response.content).decode()}
