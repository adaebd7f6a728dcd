"""What a figure is: the variables it shows, and a function from a Dataset and a Design to a matplotlib Figure."""

from collections.abc import Callable
from dataclasses import dataclass

import matplotlib
import xarray as xr
from matplotlib.figure import Figure

from otoscope.figures.style.design import Design
from otoscope.results.schema import HEADS


@dataclass(frozen=True)
class FigureSpec:
    """One figure. A plug-in module holds it as the constant `FIGURE`.

    Attributes:
        name: name of the figure, equal to its name in the registry `FIGURES` and to the stem of the written file.
        doc: what the figure shows, in one sentence; the caption in reports.
        variables: names of the variables that the Dataset must contain. `attention` and the variables of phones come
            from the stored map of one utterance.
        function: draws the figure from a Dataset and a Design.
        kind: kind of the runs that the figure shows: `heads`, `ranking`, `curves`, `segmentation`, `weights` ...
            Runs of another kind skip the figure without a message.
        on_request: whether runs have the variables only if the user asks for them. Runs without them skip the figure
            without a message.
        has_choice: whether the figure can show the heads that a Design names.
    """

    name: str
    doc: str
    variables: tuple[str, ...]
    function: Callable[[xr.Dataset, Design], Figure]
    kind: str = HEADS
    on_request: bool = False
    has_choice: bool = False

    def draw(self, dataset: xr.Dataset, design: Design) -> Figure:
        """Return the figure in the colours and fonts of its theme, independent of matplotlib's global settings."""
        with matplotlib.rc_context(design.theme.rc):
            return self.function(dataset, design)

    def missing_variables(self, dataset: xr.Dataset) -> list[str]:
        """Return the names of the variables that the figure needs and the Dataset does not contain."""
        return [name for name in self.variables if name not in dataset]
