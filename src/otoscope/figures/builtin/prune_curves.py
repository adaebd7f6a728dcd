"""What probes read from a model whose heads are removed by rankings, from the highest score down and the other way."""

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, MaxNLocator

from otoscope.figures.figure_spec import Drawing
from otoscope.figures.style.curve_style import family_of, heading_of, line, note_of, of_score, stroke_of
from otoscope.figures.style.header import MARGIN, of_corpus, title
from otoscope.figures.style.page import FULL_WIDTH, key, page, place, write
from otoscope.figures.style.theme import Theme

LEFT, TOP, WIDTH, BETWEEN = 14.0, 27.0, 75.0, 12.0
HEIGHT, PITCH = 28.0, 38.0
FEW = 9  # steps that are all written under the axis
BANDS = "95 % over seeds and utterances"


def prune_curves(dataset: xr.Dataset, theme: Theme) -> Figure:
    """Draw the curves from the Dataset of a run of prune."""
    n_probes = dataset.sizes["probe"]
    figure = page(FULL_WIDTH, TOP + n_probes * PITCH + 7.5)
    title(figure, "Heads removed", of_corpus(dataset), dataset, theme, LEFT + 2 * WIDTH)
    write(figure, MARGIN, TOP + n_probes * PITCH + 3, note_of(BANDS, dataset), color=theme.quiet)
    _key(figure, dataset, theme)
    for row in range(n_probes):
        top = TOP + row * PITCH
        left = _panel(place(figure, LEFT, top, WIDTH, HEIGHT), dataset.isel(probe=row, direction=0), theme)
        right = place(figure, LEFT + WIDTH + BETWEEN, top, WIDTH, HEIGHT, sharey=left)
        _panel(right, dataset.isel(probe=row, direction=1), theme)
        for axes, direction in zip((left, right), dataset["direction"].values, strict=True):
            heading = f"{heading_of(dataset.isel(probe=row))}, {direction}"
            write(figure, LEFT + (axes is right) * (WIDTH + BETWEEN), top - 4, heading, weight="bold")
    for axes in (left, right):
        axes.set_xlabel("heads removed", labelpad=2)
    return figure


def _panel(axes: Axes, one: xr.Dataset, theme: Theme) -> Axes:
    """One probe in one direction."""
    removed = one["removed"].values
    for ranking in one["ranking"].values:
        line(axes, removed, one.sel(ranking=ranking), "", stroke_of(str(ranking), theme))
    of_score(axes, one, theme)
    every = len(removed) <= FEW
    axes.xaxis.set_major_locator(FixedLocator(removed.tolist()) if every else MaxNLocator(6, integer=True))
    axes.set_xlim(-0.03 * removed[-1], 1.03 * removed[-1])
    return axes


def _key(figure: Figure, dataset: xr.Dataset, theme: Theme) -> None:
    names = dict.fromkeys(family_of(str(ranking)) for ranking in dataset["ranking"].values)
    handles = [stroke_of(name, theme).handle(name) for name in names]
    key(figure, LEFT, 13.5, handles, 6, handlelength=1.6, columnspacing=1.4, labelspacing=0.3)


FIGURE = Drawing(
    name="prune-curves",
    doc="scores of each probe over the number of heads removed, a line for each ranking, in both directions",
    variables=("score", "score_interval", "first_drop", "majority"),
    function=prune_curves,
    kind="curves",
)
