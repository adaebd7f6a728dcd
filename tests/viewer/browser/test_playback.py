"""Playback of an utterance in a real browser."""

import csv
import io
import json
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile
from tests.helpers.viewer_browser import DRAWN, open_head, saved, until, utterance_index

pytestmark = pytest.mark.browser

RATE = 16000  # samples in a second, as the page decodes audio


def attended_segments(page) -> list[tuple[float, float]]:
    """Compute the segments from the numbers that the page saves: the strongest keys up to half of the attention."""
    rows = list(csv.DictReader(saved(page, ".oto-stage", "CSV").decode().splitlines()))
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


def saved_sound(page, name: str) -> tuple[np.ndarray, dict]:
    """Return the samples `[time, channel]` of the files that a button of the menu saves, and their record."""
    if page.locator(".oto-menu.oto-left").get_attribute("open") is None:
        page.locator(".oto-menu.oto-left summary").click()
    files: list = []

    def collect(download) -> None:
        files.append(download)

    page.on("download", collect)
    page.get_by_role("button", name=name, exact=True).click()
    until(page, lambda: len(files) == 2)
    page.remove_listener("download", collect)
    sound, record = sorted((Path(file.path()) for file in files), key=lambda path: path.read_bytes()[:4] != b"RIFF")
    samples, rate = soundfile.read(io.BytesIO(sound.read_bytes()), dtype="float32", always_2d=True)
    assert rate == RATE
    return samples, json.loads(record.read_text())


def test_the_saved_sound_is_what_the_query_attends_to(page, live):
    open_head(page, "0.0")
    until(page, DRAWN % ".oto-spectrogram")
    for _ in range(20):
        page.locator(".oto-heat").press("ArrowDown")
        wanted = attended_segments(page)
        if len(wanted) > 2 and all(b[0] - a[1] > 0.2 for a, b in pairwise(wanted)):
            break
    audio, _ = soundfile.read(io.BytesIO(live.wait(f"0/audio/{utterance_index(page)}").content), dtype="float32")
    page.locator(".oto-menu.oto-left summary").click()
    page.get_by_label("fades").uncheck()
    samples, record = saved_sound(page, "WAV")
    assert [part["role"] for part in record["parts"]] == ["attended"] * len(wanted)
    for part, (start, end) in zip(record["parts"], wanted, strict=True):
        assert (part["utterance_start"], part["utterance_end"]) == pytest.approx((start, end), abs=1 / RATE)
        frames = np.arange(part["first_frame"], part["last_frame"] + 1) * record["frame_period"]
        assert (frames[0], frames[-1] + record["frame_period"]) == pytest.approx((start, end), abs=0.011)
        first, length = round(RATE * part["file_start"]), round(RATE * (end - start))
        piece, whole = samples[first : first + length, 0], audio[round(RATE * start) :][:length]
        np.testing.assert_allclose(piece[: len(whole)], whole[: len(piece)], atol=2e-4)


def test_in_stereo_the_query_is_left_and_what_it_attends_to_right(page):
    open_head(page, "0.0")
    until(page, DRAWN % ".oto-spectrogram")
    page.locator(".oto-heat").press("ArrowDown")
    samples, record = saved_sound(page, "stereo WAV")
    assert record["parts"][0]["role"] == "query"
    assert {part["stereo_channel"] for part in record["parts"]} == {"left", "right"}
    middle = round(RATE * record["parts"][1]["file_start"])
    assert not samples[middle:, 0].any()
    assert not samples[:middle, 1].any()
    half = sum(part["file_end"] - part["file_start"] for part in record["parts"])
    page.get_by_role("radio", name="three quarters").click()
    _, more = saved_sound(page, "stereo WAV")
    assert more["share_of_attention"] == 0.75
    assert sum(part["file_end"] - part["file_start"] for part in more["parts"]) > half


def test_attended_segments_are_marked_on_the_waveform_and_repeat_until_paused(page):
    open_head(page, "0.0")
    until(page, DRAWN % ".oto-spectrogram")
    page.locator(".oto-heat").press("ArrowDown")
    until(page, DRAWN % ".oto-played")
    page.locator(".oto-menu.oto-left summary").click()
    page.get_by_label("repeat").check()
    page.keyboard.press("Escape")
    page.locator(".oto-heat").press("Enter")
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="Play", exact=True).wait_for()


def test_a_click_plays_from_that_time_and_attended_segments_can_be_played(page):
    open_head(page)
    until(page, DRAWN % ".oto-spectrogram")
    page.locator(".oto-heat").click(position={"x": 120, "y": 150})
    page.get_by_role("button", name="Pause").wait_for()
    page.get_by_role("button", name="Pause").click()
    page.get_by_role("button", name="play what it attends to").click()
    page.get_by_role("button", name="Pause").wait_for()
