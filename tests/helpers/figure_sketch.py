"""What a drawn figure shows, without its pixels: texts with their boxes, axes with their labels, points without bars.

Texts and axes are laid out as for a file, but nothing is rasterised, which costs a tenth of a picture.
"""

from dataclasses import dataclass
from unittest.mock import patch

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PolyCollection, QuadMesh
from matplotlib.colors import to_hex
from matplotlib.image import AxesImage
from matplotlib.text import Text

from otoscope.figures.style.colour_bar import contrast

POINTS_PER_INCH = 72
NEAR = 1e-9


@dataclass(frozen=True)
class TextSketch:
    """One drawn text, its box (left, bottom, right, top) in points, its size in points, and its colour."""

    text: str
    box: tuple[float, float, float, float]
    size: float
    colour: object


@dataclass(frozen=True)
class FigureSketch:
    """A figure: its page in points, its texts, what its axes lack, and whether its points have intervals.

    Attributes:
        labels: name of each axis with tick labels, horizontal and vertical; empty where the axis has no name.
        bare_points: markers that no bar or band covers.
        outside_points: points of lines that the limits of the axes cut off.
        faint_texts: texts on a coloured cell with their contrast to it.
    """

    width: float
    height: float
    surface: str
    texts: list[TextSketch]
    labels: list[str]
    bare_points: int
    outside_points: int
    faint_texts: list[tuple[str, float]]


def sketch(figure):
    """Lay the figure out and return its sketch."""
    FigureCanvasAgg(figure)
    for image in figure.findobj(AxesImage):
        image.set_visible(False)
    width, height = (float(side) for side in POINTS_PER_INCH * figure.get_size_inches())
    labels, bare, outside, faint = [], 0, 0, []
    texts = _texts(figure)
    for axes in figure.axes:
        labels += _labels(axes)
        bare += _bare_points(axes)
        outside += _outside_points(axes)
        faint += _text_contrasts(axes)
    return FigureSketch(width, height, to_hex(figure.get_facecolor()), texts, labels, bare, outside, faint)


def _texts(figure):
    texts, draw = [], Text.draw
    with patch.object(Text, "draw", lambda text, *arguments: (texts.append(text), draw(text, *arguments))):
        figure.draw_without_rendering()
    scale = POINTS_PER_INCH / figure.dpi
    drawn = [text for text in texts if text.get_visible() and text.get_text().strip()]
    boxes = [tuple(text.get_window_extent().extents * scale) for text in drawn]
    return [
        TextSketch(text.get_text(), box, text.get_fontsize(), text.get_color())
        for text, box in zip(drawn, boxes, strict=True)
    ]


def _labels(axes):
    """Return the name of each axis that has tick labels."""
    named = []
    for axis in (axes.xaxis, axes.yaxis):
        ticks = axis.get_major_ticks()
        if any((tick.label1.get_visible() and tick.label1.get_text()) for tick in ticks):
            named.append(axis.get_label_text())
    return named


def _bare_points(axes):
    """Return the number of markers of values that no bar contains, and no band has both ends at their x coordinate."""
    bars = _bars(axes)
    points = [line.get_xydata() for line in axes.lines if line.get_marker() not in (None, "None", "", " ")]
    return sum(int(_are_bare(xy, bars).sum()) for xy in points if len(xy))


def _are_bare(points, bars):
    """Return whether each point `[point, xy]` is defined and outside of every box `[bar, (x0, y0, x1, y1)]`."""
    low, high = bars[None, :, :2] - NEAR, bars[None, :, 2:] + NEAR
    covered = ((low <= points[:, None]) & (points[:, None] <= high)).all(-1).any(-1)
    return ~covered & ~np.isnan(points).any(-1)


def _bars(axes):
    """Return the boxes of bars, and of bands at each of their x coordinates, `[bar, (x0, y0, x1, y1)]`."""
    boxes = [np.empty((0, 4))]
    for collection in axes.collections:
        paths = [path.vertices for path in collection.get_paths() if len(path.vertices)]
        if isinstance(collection, LineCollection):
            boxes += [[[*ends.min(0), *ends.max(0)]] for ends in paths]
        elif isinstance(collection, PolyCollection) and not isinstance(collection, QuadMesh):
            boxes += [_heights(vertices) for vertices in paths]
    return np.concatenate(boxes)


def _heights(vertices):
    """Return the box `[x, (x, lowest, x, highest)]` of a band `[vertex, xy]` at each of its x coordinates."""
    x, place = np.unique(vertices[:, 0], return_inverse=True)
    low, high = np.full(len(x), np.inf), np.full(len(x), -np.inf)
    np.minimum.at(low, place, vertices[:, 1])
    np.maximum.at(high, place, vertices[:, 1])
    return np.stack([x, low, x, high], axis=1)


def _outside_points(axes):
    """Return the number of points of lines in data coordinates that are outside the limits."""
    (left, right), (bottom, top) = sorted(axes.get_xlim()), sorted(axes.get_ylim())
    outside = 0
    for line in axes.lines:
        if line.get_transform() == axes.transData:
            x, y = line.get_xydata().T
            inside = (left - 1e-9 <= x) & (x <= right + 1e-9) & (bottom - 1e-9 <= y) & (y <= top + 1e-9)
            outside += int((~inside & ~np.isnan(x) & ~np.isnan(y)).sum())
    return outside


def _text_contrasts(axes):
    """Return each text on a cell of a mesh or image, with its contrast to the cell."""
    colours = _cells(axes)
    found = []
    for text in axes.texts if colours is not None else ():
        column, row = (int(np.floor(at)) for at in text.get_position())
        if 0 <= row < colours.shape[0] and 0 <= column < colours.shape[1] and text.get_text().strip():
            found.append((text.get_text(), contrast(_rgb(text.get_color()), colours[row, column])))
    return found


def _cells(axes):
    """Return the colour `[row, column, 4]` of each cell of the mesh of the axes, or None without a mesh."""
    mesh = next((item for item in axes.collections if isinstance(item, QuadMesh)), None)
    return None if mesh is None else mesh.to_rgba(mesh.get_array())


def _rgb(colour):
    return tuple(int(to_hex(colour)[at : at + 2], 16) / 255 for at in (1, 3, 5))
