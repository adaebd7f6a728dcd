"""The style of the models of a reproduction: by the length of their masked spans; further seeds have thin lines."""

from collections.abc import Mapping

import xarray as xr

from otoscope.figures.style.curve_style import LineStyle
from otoscope.figures.style.page import Page, add_legend_mm
from otoscope.figures.style.theme import Theme


def model_styles(dataset: xr.Dataset, theme: Theme) -> dict[str, LineStyle]:
    """Return the style of each model by its name.

    Args:
        dataset: contains `masking_span` for each model. The first model of a span is the main one; the others are
            further seeds.
        theme: the theme of the figure.
    """
    spans = sorted(set(dataset["masking_span"].values.tolist()))
    styles = [LineStyle(theme.preferred, "o"), LineStyle(theme.foreground, "s"), LineStyle(theme.avoided, "^")]
    by_span, main = dict(zip(spans, styles, strict=True)), _main_models(dataset)
    result = {}
    for name, span in _spans(dataset).items():
        style = by_span[span]
        result[name] = style if name == main[span] else LineStyle(style.colour, ".", 0.6)
    return result


def add_model_legend(page: Page, styles: Mapping[str, LineStyle], dataset: xr.Dataset, top: float, left: float) -> None:
    """Add the names of the models in one line with its top left corner at this point, in mm.

    All further seeds share one entry.
    """
    titles = {
        str(name): str(title) for name, title in zip(dataset["model"].values, dataset["title"].values, strict=True)
    }
    spans, main = _spans(dataset), _main_models(dataset)
    entries = {name: titles[name] for name in styles if main[spans[name]] == name}
    further = next((name for name in styles if name not in entries), None)
    if further is not None:
        entries[further] = f"{titles[main[spans[further]]]}, other seeds"
    handles = [styles[name].handle(title) for name, title in entries.items()]
    spacing = {"handlelength": 1.2, "handletextpad": 0.4, "columnspacing": 1.2}
    add_legend_mm(page, left, top, handles, len(entries), spacing)


def _spans(dataset: xr.Dataset) -> dict[str, float]:
    names = [str(name) for name in dataset["model"].values]
    return dict(zip(names, dataset["masking_span"].values.tolist(), strict=True))


def _main_models(dataset: xr.Dataset) -> dict[float, str]:
    """Return the first model of each span."""
    return {span: name for name, span in reversed(_spans(dataset).items())}
