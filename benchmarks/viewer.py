"""How soon the viewer shows something, and whether it stays smooth: a real browser on `otoscope view`.

Runs: the bundled model on bundled speech; a drawn run of 12 layers x 12 heads whose stored maps have 1500 frames; one
head of 3000 frames to zoom and pan. Times are those of the browser's own clock. Needs Chromium and Playwright.

    python benchmarks/viewer.py [ROW ...]
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from harness import MissingError, Row, Rows, run_rows
from otoscope.results import MapDescription, Measurements, assemble, claim_folder, finish, write_map
from otoscope.statistics.clusters import make_clusters

FLAGS = ("--no-sandbox", "--headless", "--disable-gpu", "--disable-quic", "--no-first-run")
NAMES = ("globalness", "verticality", "diagonality", "weight")
PERIOD = 0.02

OBSERVE = """
const times = window.times = {long: [], gaps: []};
new PerformanceObserver(list => times.long.push(...list.getEntries().map(e => e.duration))).observe({type: 'longtask'});
new MutationObserver(() => {
  if (times.paint || !document.querySelector('.oto-atlas .oto-cell')) return;
  requestAnimationFrame(() => times.paint = performance.now());
}).observe(document, {childList: true, subtree: true});
"""
COMPLETE = """(thumbnails => thumbnails.length > 0 && thumbnails.every(thumbnail => thumbnail.width > 1))(
  [...document.querySelectorAll('.oto-atlas .oto-grid .oto-thumbnail')])"""
TILES = "performance.getEntriesByType('resource').filter(e => e.name.includes('/tile/'))"
FRAMES = """
window.times.gaps = []; window.times.long = [];
let last = performance.now();
const frame = now => { window.times.gaps.push(now - last); last = now; window.frames = requestAnimationFrame(frame); };
requestAnimationFrame(frame);
"""


def drawn_map(T: int, seed: int) -> np.ndarray:
    """A shifted diagonal over vertical stripes and noise."""
    rng = np.random.default_rng(seed)
    frames = np.arange(T)
    score = -np.abs(frames[None] - frames[:, None] - rng.integers(-30, 30)) / rng.uniform(2, 40)
    score = np.maximum(score, -6) + 2 * (rng.random(T) > 0.95) + rng.random((T, T), dtype=np.float32)
    weight = np.exp(score)
    return weight / weight.sum(axis=1, keepdims=True)


def drawn_run(path: Path, layers: int, heads: int, T: int, utterances: int = 2) -> Path:
    """A finished run whose first utterance keeps its maps; layers hold the same maps in another order."""
    rng = np.random.default_rng(0)
    described = [SimpleNamespace(name=name, doc=name, units="1", dims=(), coords={}) for name in NAMES]
    rows = {name: rng.random((utterances, layers, heads)) for name in NAMES}
    ids, speakers = [f"u{u}" for u in range(utterances)], [f"s{u % 40}" for u in range(utterances)]
    table = pd.DataFrame({"frames": T, "duration": T * PERIOD, "speaker": speakers}, index=ids)
    claim_folder(path, {"model": "drawn"})
    maps = np.stack([drawn_map(T, seed).astype(np.float16) for seed in range(heads)])
    description = MapDescription(
        n_heads=[heads] * layers, frames=T, frame_period=PERIOD, utterance="u0", audio="none.wav"
    )
    turned = (np.roll(maps, layer, axis=0) for layer in range(layers))
    write_map(path, 0, turned, description)
    measurements = Measurements(described, rows, make_clusters([""] * utterances, ids))
    finish(path, assemble(measurements, table, frame_period=PERIOD), [])
    return path


@contextmanager
def served(run: Path) -> Iterator[str]:
    """`otoscope view` in its own process; gives the address."""
    command = [sys.executable, "-m", "otoscope", "view", str(run), "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split(" at ")[1].strip()
        process.terminate()


def until(page: Any, expression: str) -> float:
    """The browser's time at which an expression was first seen to hold."""
    while not page.evaluate(expression):
        page.wait_for_timeout(10)
    return float(page.evaluate("performance.now()"))


def opened(browser: Any, url: str) -> tuple[Any, float, float, float]:
    """The page with its whole atlas: milliseconds to first paint and last thumbnail, megabytes on the wire."""
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    wire = [0.0]
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: wire.__setitem__(0, wire[0] + event["encodedDataLength"]))
    page.add_init_script(OBSERVE)
    page.goto(url)
    until(page, "window.times.paint > 0")
    complete = until(page, COMPLETE)
    return page, page.evaluate("window.times.paint"), complete, wire[0] / 1e6


def shown_after_click(page: Any) -> float:
    """Milliseconds from a click on a head to the frame after its last tile arrived."""
    cell = page.locator(".oto-atlas .oto-grid .oto-cell").nth(5)
    page.evaluate("document.addEventListener('click', e => window.clicked ??= e.timeStamp, {capture: true})")
    cell.click()
    until(page, f"{TILES}.length > 0")
    page.wait_for_timeout(400)
    last = page.evaluate(f"Math.max(...{TILES}.map(e => e.responseEnd))")
    return float(last - page.evaluate("window.clicked")) + 1000 / 60


def moved(page: Any) -> tuple[float, float, int]:
    """Zoom in, pan about and zoom out again: median and longest time between frames, and tasks over 50 ms."""
    box = page.locator(".oto-heat").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.wait_for_timeout(1000)
    page.evaluate(FRAMES)
    for delta in [-60] * 30 + [60] * 15:
        page.mouse.wheel(0, delta)
        page.wait_for_timeout(16)
    page.mouse.down()
    for step in range(40):
        page.mouse.move(x + 4 * step, y + 2 * step)
        page.wait_for_timeout(16)
    page.mouse.up()
    gaps = page.evaluate("window.times.gaps")
    return statistics.median(gaps), max(gaps), len(page.evaluate("window.times.long"))


def atlas_rows(browser: Any, run: Path, name: str) -> Iterator[Row]:
    with served(run) as url:
        page, paint, complete, wire = opened(browser, url)
        yield Row(f"viewer, {name}: first useful paint", "ms", value=paint, goal="at most 1000 ms")
        yield Row("- atlas complete", "ms", value=complete, goal="at most 3000 ms")
        yield Row("- bytes on the wire for the atlas, page included", "MB", value=wire, goal="at most 3 MB")
        yield Row("- a stored map after a click", "ms", value=shown_after_click(page), goal="at most 300 ms")
        page.close()


def motion_rows(browser: Any, run: Path) -> Iterator[Row]:
    with served(run) as url:
        page, *_ = opened(browser, url)
        page.locator(".oto-atlas .oto-grid .oto-cell").first.click()
        until(page, f"{TILES}.length > 0")
        median, longest, long = moved(page)
        yield Row("viewer, zoom and pan at 3000 x 3000: frame, median", "ms", value=median)
        yield Row("- frame, longest", "ms", value=longest, goal="at most 50 ms")
        yield Row("- tasks over 50 ms", "", value=long, goal="0")
        page.close()


def embedded_run(path: Path) -> Path:
    subprocess.run(
        [sys.executable, "-m", "otoscope", "analyze", "bundled", "bundled", "-o", str(path), "--limit", "8"],
        check=True,
        capture_output=True,
    )
    return path


@contextmanager
def chromium() -> Iterator[Any]:
    """Start a browser; MissingError without one."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise MissingError("the package playwright") from None
    if not (path := shutil.which("chromium")):
        raise MissingError("the browser Chromium") from None
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


def bundled_rows() -> Iterator[Row]:
    with chromium() as browser, tempfile.TemporaryDirectory() as scratch:
        yield from atlas_rows(browser, embedded_run(Path(scratch) / "run"), "bundled model")


def large_rows() -> Iterator[Row]:
    with chromium() as browser, tempfile.TemporaryDirectory() as scratch:
        yield from atlas_rows(browser, drawn_run(Path(scratch) / "run", 12, 12, 1500), "12 x 12 heads, 1500 frames")


def long_rows() -> Iterator[Row]:
    with chromium() as browser, tempfile.TemporaryDirectory() as scratch:
        yield from motion_rows(browser, drawn_run(Path(scratch) / "run", 1, 1, 3000))


ROWS: Rows = {"viewer-bundled": bundled_rows, "viewer-large": large_rows, "viewer-motion": long_rows}

if __name__ == "__main__":
    run_rows(ROWS)
