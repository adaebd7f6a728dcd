"""How soon the viewer shows long recordings whose maps the run does not store, and a run of many utterances.

The run of a long recording is made by the bundled model, and the viewer has the model. Times count from the opening of
the page in a browser, while the server loads model and corpus; they are those of the browser's own clock. Memory is the
high-water mark of the server (VmHWM, Linux). Needs Chromium and Playwright.

    python benchmarks/viewer_long.py [ROW ...]
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness import MIB, Row, Rows, run_rows
from length import write_speech
from viewer import OBSERVE, chromium, drawn_run, until

HEADS = 8
"""Heads that are opened one after another, each with its whole map."""
PAINT_GOAL = "at most 1000 ms"
SOUND = "document.querySelector('.oto-wave-in:not(.oto-not-ready)') !== null"
MAP = """(canvas => {
  if (!canvas || !canvas.width || document.querySelector('.oto-heat-frame .oto-progress')) return false;
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  const pixels = new Uint32Array(data.buffer);
  return pixels.some(pixel => pixel !== pixels[0]);
})(document.querySelector('.oto-heat'))"""
PAINTED = "window.times.paint > 0"
ENTRIES = "document.querySelectorAll('.oto-entry').length"


@contextmanager
def served(run: Path, *options: str) -> Iterator[tuple[str, int]]:
    """`otoscope view` in its own process; gives the address, and the number of the process."""
    command = [sys.executable, "-m", "otoscope", "view", str(run), "--no-browser", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split(" at ")[1].strip(), process.pid
        process.terminate()


def peak_memory(process: int) -> float:
    """The peak resident memory of a process in MiB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    (kilobytes,) = (line.split()[1] for line in lines if line.startswith("VmHWM"))
    return int(kilobytes) * 1024 / MIB


def long_run(folder: Path, seconds: float) -> Path:
    """A run of the bundled model on one recording of this length, without stored maps."""
    corpus, run = write_speech(folder / "speech", seconds), folder / "run"
    command = [sys.executable, "-m", "otoscope", "analyze", "bundled", str(corpus), "-o", str(run)]
    subprocess.run(command, check=True, capture_output=True)
    return run


def opened(browser: Any, url: str) -> Any:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.add_init_script(OBSERVE.replace(".oto-atlas .oto-cell", ".oto-cell"))
    page.goto(url)
    return page


def recording_rows(seconds: float, name: str, has_maps: bool) -> Iterator[Row]:
    with chromium() as browser, tempfile.TemporaryDirectory() as scratch:
        run = long_run(Path(scratch), seconds)
        with served(run, "--model", "bundled") as (url, process):
            page = opened(browser, f"{url}#view=head&layer=2&head=3")
            until(page, PAINTED)
            yield Row(
                f"viewer, {name} without stored maps: first paint",
                "ms",
                value=page.evaluate("times.paint"),
                goal=PAINT_GOAL,
            )
            yield Row("- sound", "ms", value=until(page, SOUND), goal="at most 2000 ms")
            if has_maps:
                yield Row("- first map", "ms", value=until(page, MAP), goal="at most 6000 ms")
                open_heads(page)
            else:
                page.locator(".oto-notice").first.wait_for()
            yield Row("- peak memory of the server", "MiB", value=peak_memory(process), goal="at most 1024 MiB")


def open_heads(page: Any) -> None:
    """Open heads one after another, as a user who looks for something."""
    for head in range(HEADS):
        page.evaluate(f"location.hash = 'view=head&layer=5&head={head}'")
        page.wait_for_timeout(100)
        until(page, MAP)


def many_rows() -> Iterator[Row]:
    count = 5000
    with chromium() as browser, tempfile.TemporaryDirectory() as scratch:
        run = drawn_run(Path(scratch) / "run", 6, 8, 150, utterances=count)
        with served(run) as (url, process):
            page = opened(browser, url)
            until(page, PAINTED)
            yield Row(
                f"viewer, {count} utterances: first paint", "ms", value=page.evaluate("times.paint"), goal=PAINT_GOAL
            )
            page.locator(".oto-current").click()
            start = page.evaluate("performance.now()")
            yield Row("- list of utterances", "ms", value=until(page, f"{ENTRIES} > 1") - start)
            page.keyboard.type("u4321")
            start = page.evaluate("performance.now()")
            yield Row("- list after typing an id", "ms", value=until(page, f"{ENTRIES} === 1") - start)
            yield Row("- peak memory of the server", "MiB", value=peak_memory(process))


ROWS: Rows = {
    "viewer-60s": lambda: recording_rows(60, "60 s", has_maps=True),
    "viewer-10min": lambda: recording_rows(600, "10 min", has_maps=False),
    "viewer-5000": many_rows,
}

if __name__ == "__main__":
    run_rows(ROWS)
