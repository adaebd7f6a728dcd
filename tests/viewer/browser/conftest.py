"""A browser, and the page of a live model in it."""

from collections.abc import Iterator

import pytest

from otoscope.viewer.api import ViewerApi


@pytest.fixture(scope="package")
def browser():
    """One browser for all tests of this folder: a start takes a second of CPU time."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from tests.helpers.viewer_browser import FLAGS, chromium

    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(live: ViewerApi) -> Iterator[str]:
    from tests.helpers.viewer_browser import serving

    with serving(live) as url:
        yield url


@pytest.fixture
def watched(browser):
    from tests.helpers.viewer_browser import WatchedPage

    context = browser.new_context(viewport={"width": 1280, "height": 720}, accept_downloads=True)
    watched = WatchedPage(context.new_page())
    yield watched
    context.close()
    assert watched.console_errors == []


@pytest.fixture
def page(watched, address):
    watched.page.goto(address)
    watched.page.wait_for_selector(".oto-atlas .oto-cell")
    return watched.page
