"""What a figure is: a name, the variables it shows, and a function from a Dataset to a matplotlib Figure."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

import matplotlib
import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.style.theme import Theme
from otoscope.results.schema import HEADS


@dataclass(frozen=True)
class Drawing:
    """One kind of figure. A module of this package that holds one as `FIGURE` is found by `discover`.

    name: of the file that it is written to.
    doc: what is seen, in one sentence.
    variables: what the Dataset must hold; `attention` and the phones come from the stored map of one utterance.
    kind: of the runs that it shows; those of another kind are passed over in silence.
    on_request: a run has what it shows only where a person asks for it; it is passed over in silence otherwise.
    """

    name: str
    doc: str
    variables: tuple[str, ...]
    function: Callable[[xr.Dataset, Theme], Figure]
    kind: str = HEADS
    on_request: bool = False

    def draw(self, dataset: xr.Dataset, theme: Theme) -> Figure:
        """The figure, in the theme's colours and type, whatever matplotlib's settings are."""
        with matplotlib.rc_context(theme.rc):
            return self.function(dataset, theme)


def discover() -> dict[str, Drawing]:
    """Every figure of this package by name.

    >>> "atlas" in discover()
    True
    """
    package = importlib.import_module("otoscope.figures.builtin")
    modules = (
        importlib.import_module(f"otoscope.figures.builtin.{found.name}")
        for found in pkgutil.iter_modules(package.__path__)
    )
    drawings = (module.FIGURE for module in modules if hasattr(module, "FIGURE"))
    return {drawing.name: drawing for drawing in drawings}
