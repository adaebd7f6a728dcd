"""A figure as SVG to stand within a page of HTML, among others."""

import io
import re

import matplotlib
import xarray as xr
from matplotlib.backends.backend_svg import FigureCanvasSVG

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.theme import Theme

_REFERENCES = re.compile(r'(\bid="|url\(#|href="#)')


def inline_svg(spec: FigureSpec, dataset: xr.Dataset, theme: Theme, prefix: str) -> str:
    """The `<svg>` element of a figure, its text as text; `prefix` makes its ids differ from those of other figures.

    >>> from otoscope.figures import LIGHT
    >>> empty = FigureSpec("none", "nothing", ("x",), lambda dataset, theme: matplotlib.figure.Figure())
    >>> inline_svg(empty, xr.Dataset(), LIGHT, "a-")[:20]
    '<svg role="img" aria'
    """
    figure = spec.draw(dataset, theme)
    written = io.StringIO()
    with matplotlib.rc_context(theme.rc):
        FigureCanvasSVG(figure).print_svg(written, metadata={"Date": None})  # type: ignore[no-untyped-call]
    element = written.getvalue().partition("<svg")[2]
    unique = _REFERENCES.sub(rf"\g<1>{prefix}", element)
    return f'<svg role="img" aria-label="{spec.doc}"{unique}'
