"""Make the pictures of the bundled model that the documents show: the atlas and the viewer.

    python scripts/make_images.py [FOLDER]

Needs Chromium. The default folder is `docs/images`. Look at the pictures before you commit them.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import ViewportSize, sync_playwright

import otoscope
from otoscope.viewer.export import ExportSelection, export
from otoscope.viewer.session import open_session

IMAGES = Path(__file__).parents[1] / "docs" / "images"
ADDRESS = "view=head&layer=4&head=2&query=60"
"""Fields of the viewer's address: a vertical head that attends to silence."""
SIZE: ViewportSize = {"width": 1280, "height": 760}
MAX_WIDTH = 1400
"""Pixels: a wider picture is made smaller."""
MAX_BYTES = 300_000
"""Size from which a picture is stored with few colours."""
COLOURS = 256
FLAGS = ("--no-sandbox", "--headless", "--disable-gpu", "--no-first-run")
DRAWN = """document.querySelector('.oto-heat') && [...document.querySelectorAll('canvas')].every(canvas => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size > 1;
})"""
"""True when every canvas of the page shows more than one colour."""


@contextmanager
def open_page(page_file: Path) -> Iterator[Any]:
    """Open an exported page in Chromium."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as driver, driver.chromium.launch(executable_path=browser_path, args=FLAGS) as browser:
        page = browser.new_page(viewport=SIZE, color_scheme="light")
        page.goto(f"{page_file.as_uri()}#{ADDRESS}")
        yield page


def save_viewer(run: otoscope.Run, picture: Path) -> None:
    """Save a picture of the viewer with one head."""
    page_file = picture.with_suffix(".html")
    export(open_session([run]), page_file, ExportSelection())
    with open_page(page_file) as page:
        page.wait_for_function(DRAWN)
        page.screenshot(path=picture)


def store(picture: Path, folder: Path) -> None:
    """Store a picture as a small file: with few pixels, and with few colours if it is large."""
    path = folder / picture.name
    image = Image.open(picture).convert("RGB")
    image.thumbnail((MAX_WIDTH, MAX_WIDTH), Image.Resampling.LANCZOS)
    image.save(path, optimize=True)
    if path.stat().st_size > MAX_BYTES:
        image.quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(path, optimize=True)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        run = otoscope.analyze("bundled", "bundled", scratch / "demo")
        otoscope.draw(run.path, scratch)
        save_viewer(run, scratch / "viewer.png")
        for picture in ("atlas.png", "viewer.png"):
            store(scratch / picture, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES)
