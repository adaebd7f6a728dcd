"""The page in a notebook's cell: Jupyter, VS Code and Colab, by anywidget."""

from typing import Any

from otoscope.errors import InputError
from otoscope.viewer.api import Answers
from otoscope.viewer.page import asset
from otoscope.viewer.session import RunLike, open_answers

try:
    import anywidget
except ImportError as error:
    raise InputError("the viewer in a notebook needs anywidget; pip install 'otoscope[notebook]'") from error


class Widget(anywidget.AnyWidget):
    """The viewer; it answers the page's questions as long as the kernel runs."""

    _esm = asset("viewer.js").decode()
    _css = asset("viewer.css").decode()

    def __init__(self, answers: Answers) -> None:
        """Show what there is to ask."""
        super().__init__()
        self._answers = answers
        self.on_msg(self._reply)

    def _reply(self, _widget: Any, content: dict[str, Any], _buffers: list[bytes]) -> None:
        answer = self._answers.answer(str(content["resource"]))
        self.send({"number": content["number"], "ok": answer.status == 200}, buffers=[answer.content])


def view(run: RunLike, *others: RunLike, model: str | None = None) -> Widget:
    """Look at a run in a notebook: see a head, hear a head.

    Args:
        run: a run of `analyze`, or its folder.
        others: runs to show beside it: of other checkpoints, of `rank` and `prune`.
        model: the model that made the run, to compute maps that it does not store and to switch heads off.

    Raises:
        InputError: a run cannot be opened, the model did not make it, or anywidget is not installed.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from otoscope import analyze
        >>> with TemporaryDirectory() as folder:
        ...     run = analyze("bundled", "bundled", folder, limit=2)
        ...     type(view(run)).__name__
        'Widget'
    """
    return Widget(open_answers([run, *others], model))
