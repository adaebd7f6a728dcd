"""The widget in a real JupyterLab: its cell shows the atlas with data from the kernel."""

import importlib.util
import json
import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from tests.helpers.viewer_browser import WatchedPage, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not importlib.util.find_spec("jupyterlab"), reason="JupyterLab is not installed"),
]

TOKEN = "notebook"
BASE = "/user/me/"  # as a hub serves a server of JupyterLab behind its proxy
CELL = "import otoscope\notoscope.view({run!r})"


def notebook(run: Path) -> dict:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "id": "view"}
    return {
        "cells": [cell | {"source": CELL.format(run=str(run))}],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


@pytest.fixture
def lab(drawn_run, tmp_path):
    (tmp_path / "look.ipynb").write_text(json.dumps(notebook(drawn_run.path)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = [
        f"--port={port}",
        f"--ServerApp.base_url={BASE}",
        f"--IdentityProvider.token={TOKEN}",
        "--no-browser",
        "--LabApp.news_url=None",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
    ]
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(tmp_path / "config"), "HOME": str(tmp_path)}
    log = (tmp_path / "lab.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", "jupyterlab", *options], cwd=tmp_path, env=environment, stdout=log, stderr=log
    )
    yield f"http://127.0.0.1:{port}{BASE}".rstrip("/")
    process.terminate()
    process.wait()
    log.close()


def api(url: str) -> bool:
    try:
        return bool(urllib.request.urlopen(f"{url}/api?token={TOKEN}").status == 200)
    except OSError:
        return False


def test_the_cell_shows_the_atlas(lab, browser):
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = WatchedPage(context.new_page()).page
    until(page, lambda: api(lab))
    page.goto(f"{lab}/lab/tree/look.ipynb?token={TOKEN}")
    page.locator(".jp-Notebook .jp-Cell .cm-content").first.click()
    page.get_by_text("| Idle").wait_for()  # the kernel is ready
    page.keyboard.press("Shift+Enter")
    page.wait_for_selector(".oto-notebook .oto-atlas .oto-cell")
    assert page.locator(".oto-notebook .oto-atlas .oto-cell").count() == 6
    until(
        page,
        "[...document.querySelectorAll('.oto-atlas .oto-grid .oto-thumbnail')].every(thumb => thumb.width > 1)",
    )
    for width in (1000, 100):  # a narrow cell scrolls
        page.add_style_tag(content=f".oto-notebook {{ width: {width}px }}")
        until(page, f"document.querySelector('.oto-page').clientWidth <= {width}")
        for view, part in (("head", ".oto-heat"), ("atlas", ".oto-atlas .oto-cell")):
            page.locator(".oto-notebook nav").get_by_role("button", name=view, exact=True).click()
            page.wait_for_selector(part, state="attached")
    context.close()
