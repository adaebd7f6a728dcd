"""Deletion curves: how early the score of an output falls in the orders of heads, relevances and controls."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.curve_style import LineStyle, draw_line, format_value_axis
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, interval_note, note_height
from otoscope.figures.style.page import FULL_WIDTH, LINE_SPACING, add_legend_mm, new_page
from otoscope.figures.style.panels import LEFT, make_panels
from otoscope.figures.style.theme import MARKERS, Theme
from otoscope.results.categories import CATEGORIES

LEGEND_TOP, LINE, ENTRY = 13.5, 3.6, 28.0  # mm: top of the legend, height of its lines, width of an entry
ORDERS = {  # colours on the light and on the dark theme, and the marker
    "value-zeroing": ("#a0407c", "#e08cc0", "P"),
    "gradient-input": ("#6b5b00", "#e6d34a", "v"),
    "integrated-gradients": ("#b3261e", "#ff8a80", "*"),
    "occlusion": ("#4a4fb5", "#a7aaff", "h"),
}
NOTE = (
    "share of the score that is left as pieces are deleted, those of the highest score first; an order below random is "
    "faithful; "
)


def faithfulness_curves(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the curves from the Dataset of a run of faithfulness."""
    width, theme = design.width(FULL_WIDTH), design.theme
    note = NOTE + interval_note(dataset, "group_agreement", drawn="bands")
    of_groups, of_orders = _group_styles(theme), _order_styles(dataset, theme)
    handles = [style.handle(name) for name, style in (of_groups | of_orders).items()]
    columns = max(1, int((width - LEFT) // ENTRY))
    top = LEGEND_TOP + LINE * -(-len(handles) // columns) + 1
    scores = [str(name) for name in dataset["score"].values]
    panels = make_panels(len(scores) + 1, width, top, note_height(note, width))
    page = new_page(design, width, panels.bottom + note_height(note, width))
    heading = f"What is left of the output {dataset.attrs['output']} as speech is deleted"
    add_header(page, heading, corpus_caption(dataset), dataset, design)
    add_legend_mm(page, LEFT, LEGEND_TOP, handles, columns, LINE_SPACING)
    random = {"random": of_orders["random"]}
    for index, name in enumerate([*scores, "relevance and whole models"]):
        axes = panels.add(page, index, name)
        _draw(axes, dataset, "order", of_orders if index == len(scores) else random)
        if index < len(scores):
            _draw(axes, dataset.sel(score=name), "group", of_groups)
        format_value_axis(axes, theme)
        panels.name(page, axes, index, f"{dataset.attrs['unit']} left (share)")
        if panels.is_lowest(index):
            axes.set_xlabel("deleted (share)", labelpad=2)
    add_note(page, panels.bottom, note, theme)
    return page


def _draw(axes: Axes, dataset: xr.Dataset, dim: str, styles: dict[str, LineStyle]) -> None:
    variable = "curve" if dim == "order" else "group_curve"
    for name, style in styles.items():
        selection = dataset.sel({dim: name})
        if not np.isnan(selection[variable].values).any():
            draw_line(
                axes,
                selection["fraction"].values,
                selection[variable].values,
                selection[f"{variable}_interval"].values,
                style,
            )


def _group_styles(theme: Theme) -> dict[str, LineStyle]:
    return {name: LineStyle(theme.categories[name], MARKERS[name]) for name in CATEGORIES}


def _order_styles(dataset: xr.Dataset, theme: Theme) -> dict[str, LineStyle]:
    """Return styles of orders; those without one of their own are drawn as text in the table alone."""
    styles = {
        "random": LineStyle(theme.muted, ".", 0.7),
        "distance": LineStyle(theme.muted, "x", 0.7),
        "rollout": LineStyle(theme.foreground, "s", 0.7),
    }
    is_dark = theme.name == "dark"
    styles |= {name: LineStyle(dark if is_dark else light, marker) for name, (light, dark, marker) in ORDERS.items()}
    return {name: style for name, style in styles.items() if name in dataset["order"].values}


FIGURE = FigureSpec(
    name="faithfulness-curves",
    doc="deletion curves by category of heads, against relevance, whole models, distance and random order",
    variables=("curve", "group_curve"),
    function=faithfulness_curves,
    kind="faithfulness",
)
