"""Progress of a run on a terminal: minutes of audio, speed in times real time, remaining time. No output elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import parent_process

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class TimesRealTime(ProgressColumn):
    """Column of the speed: seconds of audio per second."""

    def render(self, task: Task) -> Text:
        """Return the text of the column."""
        return Text(f"{task.speed:.0f} x real time" if task.speed else "")


class AudioDone(ProgressColumn):
    """Column of the minutes of audio that are done, and of all audio."""

    def render(self, task: Task) -> Text:
        """Return the text of the column."""
        return Text(f"{task.completed / 60:.1f}/{(task.total or 0) / 60:.1f} min of audio")


@contextmanager
def progress(what: str, seconds: float) -> Iterator[Callable[[float], None]]:
    """Yield a function that receives the seconds of audio that are done, of `seconds` in all.

    A worker process displays nothing: the process of the command shows the progress of all.
    """
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), AudioDone(), TimesRealTime(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal or parent_process() is not None) as bar:
        task = bar.add_task(what, total=seconds)
        yield lambda done: bar.advance(task, done)
