"""A figure as SVG inside a page of HTML with other figures."""

import io
import re

import matplotlib
import xarray as xr
from matplotlib.backends.backend_svg import FigureCanvasSVG

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.design import Design

_REFERENCES = re.compile(r'(\bid="|url\(#|href="#)')


def inline_svg(spec: FigureSpec, dataset: xr.Dataset, design: Design, prefix: str) -> str:
    """Return the `<svg>` element of a figure, with text as text.

    Args:
        spec: the figure.
        dataset: what it shows.
        design: its theme, width and title.
        prefix: added to every id, so that ids differ from those of other figures.

    Examples:
        >>> from otoscope.figures import LIGHT, Design
        >>> empty = FigureSpec("none", "nothing", ("x",), lambda dataset, design: matplotlib.figure.Figure())
        >>> inline_svg(empty, xr.Dataset(), Design(LIGHT), "a-")[:20]
        '<svg role="img" aria'
    """
    figure = spec.draw(dataset, design)
    svg = io.StringIO()
    with matplotlib.rc_context(design.theme.rc):
        FigureCanvasSVG(figure).print_svg(svg, metadata={"Date": None})  # type: ignore[no-untyped-call]
    element = svg.getvalue().partition("<svg")[2]
    unique = _REFERENCES.sub(rf"\g<1>{prefix}", element)
    return f'<svg role="img" aria-label="{spec.doc}"{unique}'
