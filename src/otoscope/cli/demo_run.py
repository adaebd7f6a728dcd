"""The main job on what the package carries: the bundled model on the bundled synthetic speech."""

from dataclasses import dataclass
from pathlib import Path

from otoscope.analysis.analyze import analyze
from otoscope.figures import RenderOptions
from otoscope.figures.draw_run import draw
from otoscope.results import Run
from otoscope.runs.options import SpeechOptions


@dataclass(frozen=True)
class Demo:
    """The run, and its figures."""

    run: Run
    figures: list[Path]


def demo(out: str | Path) -> Demo:
    """Analyze the bundled model on the bundled speech into `out/run` and draw the figures into `out/figures`.

    A finished demo in the folder is drawn again, not measured again.

    Raises:
        InputError: `out` holds something else.
    """
    run = analyze("bundled", "bundled", Path(out) / "run", options=SpeechOptions(resume=True))
    return Demo(run, draw(run.path, Path(out) / "figures", RenderOptions(("png", "pdf"))))
