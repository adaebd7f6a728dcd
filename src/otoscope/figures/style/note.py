"""Notes below a figure: what marks, bars and bands mean, in as many lines as the width of the page requires."""

import xarray as xr

from otoscope.figures.style.page import MARGIN, Page, add_text_mm, text_width
from otoscope.figures.style.theme import TEXT_PT, Theme
from otoscope.results.summary import counted

LINE = 3.3  # mm


def wrap(text: str, width: float) -> list[str]:
    """Return lines of text that fit on a page of a width in mm; a longer word has its own line.

    >>> wrap("line: mean of a layer; area: its range", 30.0)
    ['line: mean of a', 'layer; area: its range']
    """
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, TEXT_PT) <= width - 2 * MARGIN:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def note_height(text: str, width: float) -> float:
    """Return the height in mm of a note on a page of a width in mm, with the margin below it."""
    return LINE * len(wrap(text, width)) + MARGIN


def add_note(page: Page, top: float, text: str, theme: Theme) -> None:
    """Add a note over the width of the page."""
    for index, line in enumerate(wrap(text, page.width)):
        add_text_mm(page, MARGIN, top + index * LINE, line, color=theme.muted)


def interval_note(dataset: xr.Dataset, *names: str, drawn: str = "bars") -> str:
    """Return what the bars (or bands) of variables are and over which clusters of speech, or why there are none.

    >>> rows = xr.Dataset({"a_interval": ("bound", [0.1, 0.2])}, {"utterance": ["x", "y"]})
    >>> interval_note(rows, "a")
    'bars: 95 % intervals over 2 utterances'
    """
    clusters = dataset.attrs.get("clusters") or counted(dataset.sizes["utterance"], "utterance")
    if any(dataset[f"{name}_interval"].notnull().any() for name in names):
        return f"{drawn}: 95 % intervals over {clusters}"
    return f"no intervals: {clusters}"
