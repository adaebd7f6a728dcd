"""Progress of a run on a terminal: minutes of audio and speed, or steps, and remaining time. No output elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from multiprocessing import parent_process

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
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


def progress(what: str, seconds: float) -> AbstractContextManager[Callable[[float], None]]:
    """Give a function that receives the seconds of audio that are done, of `seconds` in all.

    A worker process displays nothing: the process of the command shows the progress of all.
    """
    return _bar(what, seconds, AudioDone(), TimesRealTime())


def steps_progress(what: str, steps: int) -> AbstractContextManager[Callable[[float], None]]:
    """Give a function that receives the number of steps that are done, of `steps` in all."""
    return _bar(what, steps, MofNCompleteColumn(), TextColumn("steps"))


@contextmanager
def _bar(what: str, total: float, *columns: ProgressColumn) -> Iterator[Callable[[float], None]]:
    console = Console(stderr=True)
    every = (TextColumn(what), BarColumn(), *columns, TimeRemainingColumn())
    with Progress(*every, console=console, disable=not console.is_terminal or parent_process() is not None) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)
