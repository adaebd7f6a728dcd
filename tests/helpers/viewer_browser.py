"""A real browser on a real server: the system's Chromium, driven by Playwright."""

import inspect
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn

from otoscope.viewer.api import Answers
from otoscope.viewer.security import Pass
from otoscope.viewer.server import Address, application, listen, names

FLAGS = (
    "--no-sandbox --headless --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required"
).split()
TOKEN = "browser"


def chromium() -> str:
    """Path of the system's browser; without one the test is skipped."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if not found:
        pytest.skip("no Chromium on this machine; install Debian's package chromium to run the browser tests")
    return found


@contextmanager
def serving(answers: Answers) -> Iterator[str]:
    """A server in a thread; gives its address with the token."""
    listening = listen(Address())
    port = listening.getsockname()[1]
    app = application(answers, Pass(TOKEN, names("127.0.0.1", port)))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off", ws="none"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{port}/?token={TOKEN}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@dataclass
class Watched:
    """A page, and every complaint of the browser while it was open."""

    page: Any
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen to the console and to errors."""
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)


def until(page: Any, condition: str | Callable[[], bool], seconds: float = 20) -> None:
    """Wait until a condition holds; asked from outside, since the page's policy admits no evaluation within."""
    for _ in range(int(seconds / 0.05)):
        if condition() if callable(condition) else page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"never came true: {inspect.getsource(condition) if callable(condition) else condition}")
