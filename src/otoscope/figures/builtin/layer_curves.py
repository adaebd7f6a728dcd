"""What probes read at each depth of a model, with controls, and in which layers each category of heads is."""

import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from otoscope.figures.figure_spec import FigureSpec
from otoscope.figures.style.curve_style import LineStyle, draw_line, format_value_axis
from otoscope.figures.style.design import Design
from otoscope.figures.style.header import add_header, corpus_caption
from otoscope.figures.style.note import add_note, note_height
from otoscope.figures.style.page import FULL_WIDTH, LINE_SPACING, add_legend_mm, new_page
from otoscope.figures.style.panels import LEFT, make_panels
from otoscope.figures.style.theme import MARKERS, Theme

LEGEND_TOP, LINE, ENTRY = 13.5, 3.6, 26.0  # mm: top of the legend, height of its lines, width of an entry


def layer_curves(dataset: xr.Dataset, design: Design) -> Figure:
    """Draw the curves from the Dataset of a run of layers."""
    width, theme, note = design.width(FULL_WIDTH), design.theme, _note(dataset)
    probes = [str(name) for name in dataset["probe"].values] if "score" in dataset else []
    readers, categories = _reader_styles(theme) if probes else {}, _category_styles(theme)
    handles = [style.handle(name) for name, style in (readers | categories).items()]
    columns = int((width - LEFT) // ENTRY)
    top = LEGEND_TOP + LINE * -(-len(handles) // columns) + 1
    panels = make_panels(len(probes) + 1, width, top, note_height(note, width))
    page = new_page(design, width, panels.bottom + note_height(note, width))
    add_header(page, "What each layer holds", corpus_caption(dataset), dataset, design)
    add_legend_mm(page, LEFT, LEGEND_TOP, handles, columns, LINE_SPACING)
    for index, name in enumerate([*probes, "categories of heads"]):
        axes, is_probe = panels.add(page, index, name), index < len(probes)
        if is_probe:
            _draw_probe(axes, dataset.sel(probe=name), readers)
        else:
            _draw_shares(axes, dataset, categories)
        format_value_axis(axes, theme)
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        panels.name(page, axes, index, str(dataset["metric"].sel(probe=name).item()) if is_probe else "heads (share)")
        if panels.is_lowest(index):
            axes.set_xlabel("depth (0: input)" if is_probe else "layer", labelpad=2)
    add_note(page, panels.bottom, note, theme)
    return page


def _note(dataset: xr.Dataset) -> str:
    ends = [dataset[name] for name in ("category_share_interval", "score_interval") if name in dataset]
    bare = "; points without a band have no interval" if any(each.isnull().any() for each in ends) else ""
    return f"bands: 95 % intervals over {dataset.attrs['clusters']} (and seeds){bare}"


def _draw_probe(axes: Axes, probe: xr.Dataset, styles: dict[str, LineStyle]) -> None:
    depths = probe["depth"].values.astype(float)
    for reader, style in styles.items():
        curve = probe.sel(reader=reader)
        draw_line(axes, depths, curve["score"].values, curve["score_interval"].values, style)


def _draw_shares(axes: Axes, dataset: xr.Dataset, styles: dict[str, LineStyle]) -> None:
    for number, (name, style) in enumerate(styles.items()):
        share = dataset.sel(category_name=name)
        layers = share["layer"].values + 0.12 * (number - 1)
        draw_line(axes, layers, share["category_share"].values, share["category_share_interval"].values, style)
    axes.set_ylim(-0.05, 1.05)


def _reader_styles(theme: Theme) -> dict[str, LineStyle]:
    return {
        "intact": LineStyle(theme.foreground, "o", 1.1),
        "untrained": LineStyle(theme.muted, "^"),
        "random labels": LineStyle(theme.categories["vertical"], "s"),
        "majority": LineStyle(theme.muted, ".", 0.6),
    }


def _category_styles(theme: Theme) -> dict[str, LineStyle]:
    return {name: LineStyle(theme.categories[name], MARKERS[name]) for name in ("diagonal", "vertical", "global")}


FIGURE = FigureSpec(
    name="layer-curves",
    doc="scores of each probe at each depth with controls, and the share of each category of heads in each layer",
    variables=("category_share", "category_share_interval"),
    function=layer_curves,
    kind="layers",
)
