"""Maps of equal size in rows and columns on one page, with the phones of the utterance along the outer edges."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import xarray as xr
from matplotlib.axes import Axes

from otoscope.figures.attention_map import axis_labels, label_keys, label_queries
from otoscope.figures.style.page import FULL_HEIGHT, BoxMm, Page, add_text_mm, page_axes
from otoscope.figures.style.theme import Theme

LEFT, TOP, RIGHT, BELOW = 10.0, 20.0, 2.0, 5.0  # mm; below: labels of keys
GAP, HEADING, LARGEST = 3.0, 4.5, 52.0  # mm: between maps, above each, edge of the largest


@dataclass(frozen=True)
class MapGrid:
    """The number of maps and of columns, and the edge of a map in mm."""

    n_maps: int
    columns: int
    side: float

    @property
    def bottom(self) -> float:
        """Lower edge in mm of the labels under the last row."""
        return TOP + -(-self.n_maps // self.columns) * (self.side + HEADING) + BELOW - HEADING

    def square(self, index: int) -> BoxMm:
        """Return the position of a map."""
        row, column = divmod(index, self.columns)
        return BoxMm(LEFT + column * (self.side + GAP), TOP + row * (self.side + HEADING), self.side)

    def draw(
        self, page: Page, dataset: xr.Dataset, headings: Sequence[str], show: Callable[[Axes, int], None], theme: Theme
    ) -> None:
        """Draw every map with `show`, its heading above it, and phones along the left and the lower edge."""
        paper, marks = page_axes(page), axis_labels(dataset)
        for index, heading in enumerate(headings):
            square = self.square(index)
            add_text_mm(page, square.left, square.top - 0.6, heading, va="bottom", color=theme.muted)
            show(paper, index)
            if not index % self.columns:
                label_queries(paper, square, marks, theme)
            if index + self.columns >= self.n_maps:
                label_keys(paper, square, marks, theme)


def make_grid(n_maps: int, width: float, below: float) -> MapGrid:
    """Return the grid with the largest maps that fit a page of a width, with a margin below (mm)."""
    grids = []
    for columns in range(1, n_maps + 1):
        across = (width - LEFT - RIGHT + GAP) / columns - GAP
        down = (FULL_HEIGHT - TOP - BELOW - below) / -(-n_maps // columns) - HEADING
        grids.append(MapGrid(n_maps, columns, min(across, down, LARGEST)))
    return max(grids, key=lambda grid: (grid.side, grid.columns))
