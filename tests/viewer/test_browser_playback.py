"""Playback of an utterance in a real browser."""

import csv
from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from tests.helpers.viewer_browser import (
    DRAWN,
    WatchedPage,
    open_head,
    until,
)

pytestmark = pytest.mark.browser

SAMPLE = 1 / 16000  # seconds; the resolution of a position in the audio

RECORD_PLAYBACK = """
window.played = [];
const play = HTMLMediaElement.prototype.play;
HTMLMediaElement.prototype.play = function () {
  if (!this.recorded) this.addEventListener('pause', () => played.at(-1)?.push(this.currentTime));
  this.recorded = true;
  played.push([this.currentTime]);
  return play.call(this);
};
"""  # start and stop of each part, in seconds: at its stop, the player pauses and moves to the stop that it received


@pytest.fixture
def recorded_page(browser, address):
    """A page that records its playback in `played`."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, accept_downloads=True)
    context.add_init_script(RECORD_PLAYBACK)
    watched = WatchedPage(context.new_page())
    watched.page.goto(address)
    watched.page.wait_for_selector(".oto-atlas .oto-cell")
    yield watched.page
    context.close()
    assert watched.console_errors == []


def attended_segments(page) -> list[tuple[float, float]]:
    """Compute the segments from the numbers that the page saves: the strongest keys up to half of the attention."""
    with page.expect_download() as waiting:
        page.locator(".oto-stage .oto-export-buttons").get_by_role("button", name="CSV").click()
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
    return [padded(start, end, times[-1] + period) for start, end in joined]


def padded(start: float, end: float, duration: float) -> tuple[float, float]:
    """A segment shorter than 0.09 s is played with its surroundings."""
    missing = max(0.0, 0.09 - (end - start)) / 2
    return max(0.0, start - missing), min(duration, end + missing)


def test_segments_that_a_query_attends_to_are_played_one_by_one(recorded_page):
    open_head(recorded_page, "0.0")
    until(recorded_page, DRAWN % ".oto-spectrogram")
    for _ in range(20):
        recorded_page.locator(".oto-heat").press("ArrowDown")
        wanted = attended_segments(recorded_page)
        if len(wanted) > 2 and all(b[0] - a[1] > 0.2 for a, b in pairwise(wanted)):
            break
    recorded_page.locator(".oto-heat").press("Enter")
    until(
        recorded_page, lambda: recorded_page.evaluate("played.filter(part => part.length === 2).length") >= len(wanted)
    )
    recorded_page.get_by_role("button", name="Play", exact=True).wait_for()
    played = recorded_page.evaluate("played")
    assert len(played) == len(wanted) > 2
    for (begin, end), (start, stop) in zip(played, wanted, strict=True):
        assert begin == pytest.approx(start, abs=SAMPLE)
        assert end == pytest.approx(stop, abs=SAMPLE)


def test_a_click_plays_from_that_time_and_attended_segments_can_be_played(page):
    open_head(page)
    until(page, DRAWN % ".oto-spectrogram")
    page.locator(".oto-heat").click(position={"x": 120, "y": 150})
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="play what it attends to").click()
    page.get_by_role("button", name="Pause").wait_for()
