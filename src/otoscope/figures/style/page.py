"""Layout of figures in millimetres from the top left corner of the page."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont, get_font
from matplotlib.ft2font import LoadFlags
from matplotlib.text import Text
from matplotlib.transforms import blended_transform_factory

from otoscope.figures.style.design import Design

MM_PER_INCH = 25.4
POINT = MM_PER_INCH / 72
PIXEL_PARTS = 64  # in which a font measures a pixel
COLUMN, FULL_WIDTH, FULL_HEIGHT = 85.0, 175.0, 250.0
WIDE = 130.0
"""Width of a page in mm from which panels are next to each other in two columns."""
HEADER, MARGIN = 13.0, 2.0
"""Height of title, model and speech; distance of text from the edges of the page (mm)."""
LINE_SPACING = {"handlelength": 1.6, "columnspacing": 1.4, "labelspacing": 0.3}
"""Distances in a legend of lines, in widths of a letter."""


class BoxMm(NamedTuple):
    """The position of a square map on the page, in mm from the top left corner."""

    left: float
    top: float
    side: float


class Page(Figure):
    """A figure whose parts have positions in mm from the top left corner of a page with a header.

    Attributes:
        cut: height in mm of the header if the page is drawn without it, else 0.
    """

    cut: float = 0.0

    @property
    def width(self) -> float:
        """Width in mm."""
        return float(self.get_figwidth() * MM_PER_INCH)

    def fractions(self, left: float, top: float) -> tuple[float, float]:
        """Return a position in the coordinates of matplotlib, from 0 at the lower left corner to 1."""
        width, height = self.get_size_inches() * MM_PER_INCH
        return float(left / width), float(1 - (top - self.cut) / height)


def new_page(design: Design, width: float, height: float) -> Page:
    """Return an empty page of a size in mm; the height includes the header, also where the design omits it."""
    cut = 0.0 if design.has_title else HEADER - MARGIN
    page = Page(figsize=(width / MM_PER_INCH, (height - cut) / MM_PER_INCH), dpi=300)
    page.cut = cut
    return page


def add_axes_mm(page: Page, left: float, top: float, width: float, height: float, **options: Any) -> Axes:
    """Add axes whose data area has these edges, in mm from the top left corner of the page."""
    (x, y), (right, bottom) = page.fractions(left, top), page.fractions(left + width, top + height)
    return page.add_axes((x, bottom, right - x, y - bottom), **options)


def name_vertical(page: Page, axes: Axes, text: str, left: float = 4.5) -> None:
    """Name the vertical axis, with the text ending `left` mm from the edge of the page: names of panels align."""
    across = blended_transform_factory(page.transFigure, axes.transAxes)
    axes.set_ylabel(text)
    axes.yaxis.set_label_coords(left / page.width, 0.5, transform=across)


def page_axes(page: Page) -> Axes:
    """Add axes over the whole page, in mm from its top left corner; drawing hundreds of maps on them is fast."""
    width, height = page.get_size_inches() * MM_PER_INCH
    axes = page.add_axes((0, 0, 1, 1), frameon=False, xticks=[], yticks=[])
    axes.set(xlim=(0, width), ylim=(height + page.cut, page.cut), autoscale_on=False)
    return axes


def add_text_mm(page: Page, left: float, top: float, text: str, **options: Any) -> Text:
    """Add text whose first line starts at this point, in mm from the top left corner of the page."""
    return page.text(*page.fractions(left, top), text, **{"ha": "left", "va": "top"} | options)


def add_legend_mm(
    page: Page, left: float, top: float, handles: Sequence[Artist], columns: int, spacing: Mapping[str, float]
) -> None:
    """Add a legend with its top left corner at this point, in mm from that of the page."""
    page.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=page.fractions(left, top),
        ncols=columns,
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        **spacing,
    )


@cache
def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Return the width of a line of text in mm, at a size in points.

    Examples:
        >>> 1.3 < text_width("n", size=7.0) < 1.6
        True
    """
    font = get_font(findfont(FontProperties(family="DejaVu Sans", weight=weight)))
    font.set_size(size, dpi=72)
    font.set_text(text, flags=LoadFlags.NO_HINTING)
    width, _ = font.get_width_height()
    return float(width / PIXEL_PARTS * POINT)


def ellipsize(text: str, size: float, width: float, weight: str = "normal") -> str:
    """Return the text, with an ellipsis in its middle if it is wider than `width` mm.

    Examples:
        >>> ellipsize("facebook/wav2vec2-large-xlsr-53", size=7.0, width=25.0)
        'facebook/…-xlsr-53'
    """
    if text_width(text, size, weight) <= width:
        return text
    fitting = bisect_right(range(len(text)), width, key=lambda count: text_width(_ends(text, count), size, weight))
    return _ends(text, fitting - 1)


def _ends(text: str, count: int) -> str:
    """Return the first and last characters, `count` in all, with an ellipsis between."""
    return f"{text[: (count + 1) // 2]}…{text[len(text) - count // 2 :]}"
