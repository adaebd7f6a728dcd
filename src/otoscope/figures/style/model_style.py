"""Look of the models of a reproduction: by the span of their masking; one trained again with another seed is thin."""

from collections.abc import Mapping

import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.style.curve_style import LineStyle
from otoscope.figures.style.page import add_legend_mm
from otoscope.figures.style.theme import Theme


def model_styles(dataset: xr.Dataset, theme: Theme) -> dict[str, LineStyle]:
    """Stroke of each model by its name: the shortest masking span first, the longest last."""
    spans = sorted(set(dataset["masking_span"].values.tolist()))
    looks = [LineStyle(theme.preferred, "o"), LineStyle(theme.foreground, "s"), LineStyle(theme.avoided, "^")]
    look, found = dict(zip(spans, looks, strict=True)), dict[str, LineStyle]()
    for name, span in zip(dataset["model"].values, dataset["masking_span"].values.tolist(), strict=True):
        again = look[span] in found.values()
        found[str(name)] = LineStyle(look[span].colour, ".", 0.6) if again else look[span]
    return found


def add_model_legend(
    figure: Figure, looks: Mapping[str, LineStyle], dataset: xr.Dataset, top: float, left: float
) -> None:
    """The models' names in one line whose top left lies at this point, in mm; seeds of a model share one entry."""
    titles = {name: str(dataset["title"].sel(model=name).item()) for name in looks}
    first_seed = next((name for name, title in titles.items() if "seed" in title), None)
    shown = {name: title for name, title in titles.items() if "seed" not in title}
    if first_seed:
        shown[first_seed] = f"{titles[first_seed].partition(',')[0]}, other seeds"
    handles = [looks[name].handle(title) for name, title in shown.items()]
    add_legend_mm(figure, left, top, handles, len(shown), handlelength=1.2, handletextpad=0.4, columnspacing=1.2)
