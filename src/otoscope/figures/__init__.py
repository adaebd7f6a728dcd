"""Figures: one plug-in per file of `builtin`, a function from a Dataset and a Design to a Figure; without torch."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from otoscope.registry import Registry

if TYPE_CHECKING:  # matplotlib is imported at first use: the command line reads the names of figures alone
    from otoscope.figures.figure_spec import FigureSpec
    from otoscope.figures.render import render_figures
    from otoscope.figures.render_options import RenderOptions
    from otoscope.figures.style.design import Design
    from otoscope.figures.style.theme import DARK, LIGHT, THEMES, Theme

FIGURES: "Registry[FigureSpec]" = Registry("figures", "otoscope.figures.builtin", "FIGURE", separator="-")
"""All figures, those of otoscope and those of installed plug-ins; a name is also the name of the written file."""

_MODULES = {
    "FigureSpec": "figure_spec",
    "RenderOptions": "render_options",
    "render_figures": "render",
    "Design": "style.design",
    "DARK": "style.theme",
    "LIGHT": "style.theme",
    "THEMES": "style.theme",
    "Theme": "style.theme",
}

__all__ = ["DARK", "FIGURES", "LIGHT", "THEMES", "Design", "FigureSpec", "RenderOptions", "Theme", "render_figures"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
