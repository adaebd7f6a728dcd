"""Small pictures of every figure, stored with the tests.

After an intended change draw them again, and look at them: `python -m tests.helpers.golden_pictures [FIGURE...]`.
"""

import sys
import tempfile
from functools import cache
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image
from tests.helpers.example_zeroing import zeroing_of
from tests.helpers.figure_sizes import DRAWN
from tests.helpers.synthetic_run import make_run

from otoscope.figures import FIGURES, THEMES, Design

FOLDER = Path(__file__).parents[1] / "figures" / "golden"
DPI, SHRINK = 120, 2
PICTURES = [(name, "light") for name in FIGURES] + [("atlas", "dark")]


@cache
def golden_dataset(kind, seed=0):
    """Random numbers of a kind of run: for heads, results and one map of a synthetic model of 4 x 4 heads."""
    if kind in DRAWN:
        sizes, make = DRAWN[kind]
        return make(**sizes["2x2"], seed=seed).load()
    with tempfile.TemporaryDirectory() as folder:
        run = make_run(Path(folder) / "run", 4, 4, 3, frames=120, related=True, seed=seed)
        attention = run.map(run.maps[0])
        merged = run.dataset.merge(attention).merge(zeroing_of(attention, seed))
        return merged.assign_attrs(attention.attrs).load()


def small_picture(name, theme, seed=0):
    """RGB [row, column, 3], averaged down so that the rasterising of letters hardly matters."""
    spec = FIGURES.get(name)
    figure = spec.draw(golden_dataset(spec.kind, seed), Design(THEMES[theme]))
    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3]).reduce(SHRINK))


def path_of(name, theme):
    return FOLDER / f"{name}-{theme}.png"


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    names = sys.argv[1:] or FIGURES.names()
    for name, theme in [picture for picture in PICTURES if picture[0] in names]:
        picture = Image.fromarray(small_picture(name, theme))
        picture.quantize(256).save(path_of(name, theme), optimize=True)
