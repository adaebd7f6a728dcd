"""Layout of figures in millimetres from the top left corner of the page."""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text
from matplotlib.textpath import TextPath

MM_PER_INCH = 25.4
POINT = MM_PER_INCH / 72
COLUMN, FULL_WIDTH, FULL_HEIGHT = 88.0, 180.0, 250.0


class BoxMm(NamedTuple):
    """The position of a square map on the page, in mm from the top left corner."""

    left: float
    top: float
    side: float


def new_page(width: float, height: float) -> Figure:
    """Return an empty figure of a size in mm."""
    return Figure(figsize=(width / MM_PER_INCH, height / MM_PER_INCH), dpi=300)


def add_axes_mm(figure: Figure, left: float, top: float, width: float, height: float, **options: Any) -> Axes:
    """Add axes whose data area has these edges, in mm from the top left corner of the page."""
    page_width, page_height = figure.get_size_inches() * MM_PER_INCH
    bottom = page_height - top - height
    box = (left / page_width, bottom / page_height, width / page_width, height / page_height)
    return figure.add_axes(box, **options)


def page_axes(figure: Figure) -> Axes:
    """Add axes over the whole page, in mm from its top left corner; drawing hundreds of maps on them is fast."""
    width, height = figure.get_size_inches() * MM_PER_INCH
    axes = figure.add_axes((0, 0, 1, 1), frameon=False, xticks=[], yticks=[])
    axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    return axes


def add_text_mm(figure: Figure, left: float, top: float, text: str, **options: Any) -> Text:
    """Add text whose first line starts at this point, in mm from the top left corner of the page."""
    page_width, page_height = figure.get_size_inches() * MM_PER_INCH
    options = {"ha": "left", "va": "top"} | options
    return figure.text(left / page_width, 1 - top / page_height, text, **options)


def add_legend_mm(
    figure: Figure, left: float, top: float, handles: Sequence[Artist], columns: int, **spacing: float
) -> None:
    """Add a legend with its top left corner at this point, in mm from that of the page."""
    width, height = figure.get_size_inches() * MM_PER_INCH
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(left / width, 1 - top / height),
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
        >>> 1.3 < text_width("n", size=7.0) < 1.5
        True
    """
    if not text:
        return 0.0
    font = FontProperties(family="DejaVu Sans", weight=weight)
    return float(TextPath((0, 0), text, size=size, prop=font).get_extents().x1 * POINT)


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
