"""The main job on what the package carries: the embedded model on the embedded synthetic speech."""

from dataclasses import dataclass
from pathlib import Path

from otoscope.engine.analyze import analyze
from otoscope.engine.draw import draw
from otoscope.results import Run


@dataclass(frozen=True)
class Demo:
    """The run, and its figures."""

    run: Run
    figures: list[Path]


def demo(out: str | Path) -> Demo:
    """Analyze the embedded model on the embedded speech into `out/run` and draw the figures into `out/figures`.

    A demo that stands there already is drawn again, not measured again.

    Raises:
        BadInput: `out` holds something else.
    """
    run = analyze("embedded", "embedded", Path(out) / "run", resume=True)
    return Demo(run, draw(run.path, Path(out) / "figures", formats=("png", "pdf")))
