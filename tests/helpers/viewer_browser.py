"""A real browser on a real server: the system's Chromium with Playwright."""

import inspect
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.viewer_server import serving

FLAGS = (
    "--no-sandbox --headless --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required"
).split()
DRAWN = """(canvases => canvases.length && canvases.every(canvas => {
  const {width, height} = canvas.getBoundingClientRect();
  if (!width || Math.hypot(canvas.width - width, canvas.height - height) > 2) return false;
  const colours = new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer);
  return colours.some(colour => colour !== colours[0]);
}))([...document.querySelectorAll('%s')])"""  # what it shows has arrived, drawn in its size
BLANK = """[...document.querySelectorAll('%s')].every(canvas =>
  !canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean))"""

__all__ = ["serving"]

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect
HANG_SECONDS = 300
"""Seconds after which a wait counts as a hang: far beyond any slow machine, so that a hang fails."""

expect.set_options(timeout=HANG_SECONDS * 1000)


def chromium() -> str:
    """Path of the system's browser; without one the test is skipped."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium on this machine; install Debian's package chromium to run the browser tests")
    return found


@dataclass
class WatchedPage:
    """A page, and the errors that the browser reports while it is open."""

    page: Any
    console_errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Collect errors; a wait of `HANG_SECONDS` fails."""
        self.page.set_default_timeout(HANG_SECONDS * 1000)
        self.page.on("pageerror", lambda error: self.console_errors.append(str(error)))
        self.page.on(
            "console", lambda message: self.console_errors.append(message.text) if message.type == "error" else None
        )


def until(page: Any, condition: str | Callable[[], bool]) -> None:
    """Wait until a condition is true; it is polled from outside, since the policy of the page forbids evaluation."""
    for _ in range(HANG_SECONDS * 20):
        if condition() if callable(condition) else page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never became true: {inspect.getsource(condition) if callable(condition) else condition}")


def open_head(page, name: str = "1.2") -> None:
    layer, head = name.split(".")
    page.get_by_role("button", name=f"Layer {layer} head {head},").click()
    wait_for_map(page)


def wait_for_map(page) -> None:
    """Wait for the labels next to a map, which change its size, and for the map."""
    page.wait_for_selector(".oto-labels.oto-queries.oto-phones")
    until(page, DRAWN % ".oto-heat")


def utterance_index(page) -> int:
    """Return the number of the selected utterance."""
    return int(page.locator(".oto-utterance").get_attribute("data-utterance"))


def select_utterance(page, index: int) -> str:
    """Select an utterance of a run with the list, and return its id as the page shows it."""
    page.locator(".oto-current").click()
    entry = page.locator(".oto-entry").nth(index)
    name = entry.locator("span").first.inner_text()
    entry.click()
    return name


def saved(page, within: str, format: str) -> bytes:
    """Return the file that the first menu of an element saves."""
    menu = page.locator(f"{within} .oto-menu.oto-right").first
    if menu.get_attribute("open") is None:
        menu.locator("summary").click()
    with page.expect_download() as waiting:
        menu.get_by_role("button", name=format, exact=True).click()
    return Path(waiting.value.path()).read_bytes()


def pixels(page, selector: str) -> str:
    """Return the pixels of a canvas, as a data URL."""
    return page.evaluate(f"document.querySelector('{selector}').toDataURL()")


def view_names(page: Any) -> list[str]:
    """Return the names of all views, from the tabs of the page."""
    return page.locator("nav[aria-label='Views'] button").all_text_contents()


def wait_for_view(page: Any, view: str) -> None:
    """Wait until a view is open, its figures are drawn, and the browser has painted them."""
    until(page, f"document.querySelector('nav [aria-current=page]').textContent === '{view}'")
    until(page, "[...document.querySelectorAll('.oto-figure')].every(figure => figure.querySelector('div > *'))")
    page.evaluate("new Promise(painted => requestAnimationFrame(() => requestAnimationFrame(painted)))")


def open_view(page: Any, view: str) -> None:
    """Open a view by its address, and wait for it."""
    page.evaluate(f"location.hash = 'view={view}'")
    wait_for_view(page, view)
