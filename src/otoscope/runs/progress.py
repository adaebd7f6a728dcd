"""How far a run is, on a terminal: audio done, speed in times real time, time left. Silent elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text


class TimesRealTime(ProgressColumn):
    """Seconds of audio per second."""

    def render(self, task: Task) -> Text:
        """See the class."""
        return Text(f"{task.speed:.0f} x real time" if task.speed else "")


class AudioDone(ProgressColumn):
    """Minutes of audio done, and in all."""

    def render(self, task: Task) -> Text:
        """See the class."""
        return Text(f"{task.completed / 60:.1f}/{(task.total or 0) / 60:.1f} min of audio")


@contextmanager
def progress(what: str, seconds: float) -> Iterator[Callable[[float], None]]:
    """Yield a function that receives the seconds of audio that are done, of `seconds` in all."""
    console = Console(stderr=True)
    columns = (TextColumn(what), BarColumn(), AudioDone(), TimesRealTime(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=seconds)
        yield lambda done: bar.advance(task, done)
