"""Write the figures of a run to files."""

import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import matplotlib
import xarray as xr
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from otoscope._io.atomic import atomic, make_folder
from otoscope.errors import InputError
from otoscope.figures.figure_spec import discover
from otoscope.figures.style.theme import Theme, theme_named
from otoscope.results import Run

# What a file would say of the moment it was written; left out, the same run gives the same bytes.
_METADATA = {"png": {}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}


def draw(
    run: Run,
    out: str | os.PathLike[str],
    formats: Sequence[str] = ("png",),
    utterance: str | None = None,
    theme: str = "light",
    on_skip: Callable[[str, str], None] | None = None,
    beside: xr.Dataset | None = None,
) -> list[Path]:
    """Draw every figure that the run has the data for.

    Args:
        run: an opened run.
        out: folder for the files, made where it does not exist.
        formats: of png, svg, pdf.
        utterance: whose maps are shown; without it the run's own example.
        theme: light or dark.
        on_skip: receives (figure, reason) where a figure lacks its data; without it a warning is given.
        beside: what else is shown of the utterance, for the figures on request.

    Returns:
        The files, one for each figure and format.

    Raises:
        InputError: unknown format, theme or utterance; `out` is a file; disk full.
    """
    chosen = theme_named(theme)
    if unknown := [name for name in formats if name not in _METADATA]:
        raise InputError(f"unknown figure format {', '.join(unknown)}; expected {', '.join(_METADATA)}")
    dataset = _with_map(run, utterance).merge(xr.Dataset() if beside is None else beside)
    folder = Path(out)
    make_folder(folder)
    paths = []
    for drawing in (one for one in discover().values() if one.kind == run.kind):
        if lacking := [name for name in drawing.variables if name not in dataset]:
            if not drawing.on_request:
                (on_skip or _warn)(drawing.name, f"the run holds no {', '.join(lacking)}")
            continue
        figure = drawing.draw(dataset, chosen)
        paths += [_save(figure, folder / f"{drawing.name}.{ending}", chosen) for ending in formats]
    return paths


def _with_map(run: Run, utterance: str | None) -> xr.Dataset:
    if utterance is None and not run.maps:
        return run.dataset
    attention = run.map(utterance or run.maps[0])
    return run.dataset.merge(attention).assign_attrs(attention.attrs)


def _save(figure: Figure, path: Path, theme: Theme) -> Path:
    FigureCanvasAgg(figure)
    ending = path.suffix[1:]
    with matplotlib.rc_context(theme.rc), atomic(path) as partial:
        figure.savefig(partial, format=ending, metadata=_METADATA[ending])
    return path


def _warn(name: str, reason: str) -> None:
    warnings.warn(f"figure {name} is left out: {reason}", stacklevel=3)
