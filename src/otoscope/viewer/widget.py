"""The viewer in a notebook cell (Jupyter, VS Code, Colab), as an anywidget."""

from typing import Any

from otoscope.viewer.api import ViewerApi
from otoscope.viewer.page import asset
from otoscope.viewer.session import RunLike, open_session

try:
    import anywidget
except ImportError as error:
    raise ImportError("the viewer in a notebook needs anywidget; run: pip install 'otoscope[notebook]'") from error


class Widget(anywidget.AnyWidget):
    """The viewer; it responds to the page as long as the kernel runs."""

    _esm = asset("viewer.js").decode()
    _css = asset("viewer.css").decode()

    def __init__(self, api: ViewerApi) -> None:
        """Show the runs of an API."""
        super().__init__()
        self._api = api
        self.on_msg(self._reply)

    def _reply(self, _widget: Any, content: dict[str, Any], _buffers: list[bytes]) -> None:
        response = self._api.get(str(content["resource"]))
        self.send({"number": content["number"], "status": response.status}, buffers=[response.content])


def view(run: RunLike, *others: RunLike, model: str | None = None) -> Widget:
    """Show a run in a notebook cell.

    Args:
        run: a run of `analyze`, or its folder.
        others: further runs to show: of other checkpoints, of `rank`, `prune` and `segment`.
        model: the model of the run, to compute maps that it does not store and to switch heads off.

    Returns:
        A widget; the notebook displays it as the last value of a cell.

    Raises:
        InputError: a run cannot be opened, or the model did not make it.
        ImportError: anywidget is not installed.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from otoscope import SpeechOptions, analyze
        >>> with TemporaryDirectory() as folder:
        ...     run = analyze("bundled", "bundled", folder, options=SpeechOptions(limit=2))
        ...     type(view(run)).__name__
        'Widget'
    """
    return Widget(open_session([run, *others], model))
